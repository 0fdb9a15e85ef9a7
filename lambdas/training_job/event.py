"""The framework's calls as values: the raw event is read here, once, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from lambdas.custom_resource.event import ResourceEvent
from lambdas.training_job.event_age import EventAge
from lambdas.training_job.stack_version import StackVersion

_BEGUN_AT: Final = "BegunAt"
_TO_START: Final = "ToStart"
_REFUSAL: Final = "Refusal"


@dataclass(frozen=True, kw_only=True)
class TrainingJobEvent:
    """A Create, an Update or a Delete."""

    physical_id: str
    """The job's name, or an id that stands for none; "" in a Create's `on_event`."""
    asked: StackVersion
    """What the stack is to become; of a Delete, what it was."""
    former: StackVersion | None
    """The version before it; None unless the event is an Update."""
    is_delete: bool

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Read CloudFormation's event, as it comes to either handler."""
        resource = ResourceEvent.parse(event)
        return cls(
            physical_id=resource.physical_id,
            asked=StackVersion.read(resource.given),
            former=StackVersion.read(resource.former) if resource.is_update else None,
            is_delete=resource.is_delete,
        )

    @property
    def is_update(self) -> bool:
        """Whether a version before this one may have to be gone back to."""
        return self.former is not None


@dataclass(frozen=True, kw_only=True)
class HandedOn:
    """What `on_event` hands on to the polls: the framework adds its answer to their events."""

    begun_at: float
    """When `on_event` began, in seconds since the epoch."""
    to_start: bool = False
    """Whether the polls are to start the job."""
    refusal: str = ""
    """Why there is no job: the first poll fails with it. "" when nothing was refused."""

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Read what `members` wrote.

        An event that began under handlers from before lacks what those did not hand on.
        """
        return cls(
            begun_at=float(event[_BEGUN_AT]),
            to_start=bool(event.get(_TO_START, False)),
            refusal=str(event.get(_REFUSAL, "")),
        )

    @property
    def members(self) -> dict[str, Any]:
        """The members of `on_event`'s answer, all of which are JSON."""
        return {_BEGUN_AT: self.begun_at, _TO_START: self.to_start, _REFUSAL: self.refusal}


@dataclass(frozen=True, kw_only=True)
class Poll:
    """One call of `is_complete`."""

    event: TrainingJobEvent
    handed_on: HandedOn

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Read the event of a poll: CloudFormation's, with the answer of `on_event`."""
        return cls(event=TrainingJobEvent.parse(event), handed_on=HandedOn.parse(event))

    def age(self, now: float) -> EventAge:
        """How long the event has been worked on; `now` is seconds since the epoch."""
        return EventAge(now - self.handed_on.begun_at)
