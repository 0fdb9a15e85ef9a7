"""Commands that a message advises, as they can be pasted."""

import shlex
from pathlib import Path

DEFAULT_STATE = Path(".local_aws")
"""Where the state is when nobody names another directory."""


def command(name: str, state: Path, *options: str) -> str:
    """`python -m local_aws NAME`, for the state directory in question.

    Args:
        name: such as `down`.
        state: the directory.
        options: further words.
    """
    words = ["python", "-m", "local_aws", name, *options]
    if state.resolve() != DEFAULT_STATE.resolve():
        words += ["--state", str(state)]
    return shlex.join(words)
