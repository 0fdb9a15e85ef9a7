"""The words of a command line, before argparse sees them."""

from collections.abc import Sequence

_TAKE_ANY_VALUE = ("--text", "--label", "--map", "--columns", "--delimiter", "--comment")


def with_values_joined(words: Sequence[str]) -> list[str]:
    """The command line, with `--map -1=negative` as `--map=-1=negative`, which argparse takes."""
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if before in _TAKE_ANY_VALUE and word.startswith("-") and not word.startswith("--"):
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined
