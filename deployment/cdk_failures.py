"""What a failed CDK CLI printed, in as few words as it takes."""

import re
from collections.abc import Iterator, Sequence

KEPT_LINES = 60
"""How much of a failed command's output is shown: its error stands at the end."""

# The CLI wraps its lines: what follows such a line, and is indented, still belongs to it.
_TRACE = re.compile(r" {4,}at(?: .*)?|Source Location: .*")
_FAILED = "❌"
"""How the line begins after which the CLI says what has failed, once more and in full."""
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
    """What a failed CLI said of the failure, without stack traces; a conflict in one sentence."""
    text = "\n".join(lines)
    if conflict := _conflict(text):
        return conflict
    first = next((n for n, line in enumerate(lines) if line.startswith(_FAILED)), 0)
    return "\n".join([*_without_traces(lines[first:])][-KEPT_LINES:])


def _without_traces(lines: Sequence[str]) -> Iterator[str]:
    in_trace = False
    for line in lines:
        in_trace = bool(_TRACE.fullmatch(line)) or (in_trace and line.startswith(" "))
        if not in_trace:
            yield line


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
