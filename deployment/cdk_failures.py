"""What a failed CDK CLI printed, in as few words as it takes."""

import re
from collections.abc import Sequence

KEPT_LINES = 60
"""How much of a failed command's output is shown: its error stands at the end."""

_STACK_TRACE = re.compile(r"\s+at .+\(?.*:\d+:\d+\)?")
_AT_WORK = re.compile(
    r"(?:[Ss]tack:?\s?)\[?(?:arn:[^\s/]*:stack/)?([\w-]+)\S*\s.*?"
    r"(?:is in|while in status|in state) (\w+_IN_PROGRESS)\b"
)
"""CloudFormation's refusal of a second change: `Stack:arn:… is in UPDATE_IN_PROGRESS state and can
not be updated`, `Stack [arn:…] cannot be deleted while in status UPDATE_IN_PROGRESS`."""
_RACED = re.compile(
    r"InvalidChangeSetStatus|OperationInProgressException|ChangeSetNotFound"
    r"|ChangeSet \S+ (?:cannot be created|does not exist)"
)
"""Two CLIs made a change set of one name at the same time, and one of them executed it."""
_LOCKED = re.compile(r"Another CLI \(PID=(\d+)\)|Other CLIs \(PID=([\d, ]+)\)")


def said(lines: Sequence[str]) -> str:
    """The end of a failed CLI's output without its stack traces; a conflict in one sentence."""
    text = "\n".join(lines)
    if conflict := _conflict(text):
        return conflict
    shown = [line for line in lines if not _STACK_TRACE.fullmatch(line)]
    return "\n".join(shown[-KEPT_LINES:])


def _conflict(text: str) -> str:
    if found := _AT_WORK.search(text):
        stack, state = found.groups()
        return (
            f"{stack} is {state}: CloudFormation is at work on it for another command, and takes "
            "one at a time. Wait until it is through (`make status` says so), and run this again."
        )
    if _RACED.search(text):
        return (
            "Another command deployed the same stack at the same time, and CloudFormation took "
            "that one. Wait until it is through (`make status` says so), and run this again."
        )
    if found := _LOCKED.search(text):
        return (
            f"Another CDK CLI (process {found[1] or found[2]}) works with the same templates. "
            "Wait until it is through, and run this again."
        )
    return ""
