"""Questions that a command asks before it does what cannot be undone."""

import sys

from deployment.errors import WorkFailedError
from deployment.progress import console


def confirm(question: str, *, expected: str, said_already: str) -> None:
    """Ask on the terminal, and go on only with the expected answer.

    Args:
        question: what is asked, without how to answer.
        expected: the answer that means yes.
        said_already: the option by which a program says it beforehand.

    Raises:
        ValueError: nobody can be asked, because the standard input is no terminal.
        WorkFailedError: the answer is another one.
    """
    if not sys.stdin.isatty():
        raise ValueError(
            f"{question}\nNobody can be asked here: say {said_already} if it is meant."
        )
    console.print(f"{question}\nType {expected} to go on: ", end="", markup=False)
    if sys.stdin.readline().strip() != expected:
        raise WorkFailedError("Nothing was changed.")
