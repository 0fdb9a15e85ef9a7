"""How long an event has been worked on, and what that still allows."""

from dataclasses import dataclass
from typing import Final

from lambdas.custom_resource.aws_errors import WORST_CALL_SECONDS

START_WITHIN_SECONDS: Final = 20
"""A job is started within this time after its event began, or not at all. It takes some 5 s;
the rest is for a throttled API, which every poll asks again."""

SETTLE_SECONDS: Final = START_WITHIN_SECONDS + WORST_CALL_SECONDS
"""After this time, no event that began earlier can start a job any more: a cancelled Create
or Update may still be at work when the Delete or the rollback comes."""

ANSWER_WITHIN_SECONDS: Final = 3_420
"""CloudFormation waits 3,540 s, and the framework counts polls, not seconds: slow polls would
take it past that time. Two minutes are for an event's way to us and our last poll."""

POLL_LIMIT_SECONDS: Final = 60
"""The polling function's timeout: one that hung for longer in its last poll would make the answer
late. A poll gives up at its first call that is not answered (`WORST_CALL_SECONDS`)."""


@dataclass(frozen=True)
class EventAge:
    """The age of one event in seconds."""

    seconds: float

    @property
    def may_start(self) -> bool:
        """Whether a job may still be started for this event."""
        return self.seconds < START_WITHIN_SECONDS

    @property
    def is_settled(self) -> bool:
        """Whether no event before this one can start a job any more."""
        return self.seconds >= SETTLE_SECONDS

    @property
    def is_overdue(self) -> bool:
        """Whether CloudFormation has to be answered now."""
        return self.seconds >= ANSWER_WITHIN_SECONDS
