"""CloudFormation and one stack: a training job, and the endpoint that serves its model.

What it sends, and when: a failed Create is followed by a Delete under the id that came back; a
Create that it does not wait for, by a Delete under an id of its own; a failed Update by an Update
with the old properties; a changed id by a Delete of the former one. Resources that fail on the
way back leave the stack in a state from which a person repeats the last step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lifecycle.framework import Delivery, SentEvent
from tests.lifecycle.gate import model_to_serve
from tests.lifecycle.provider import Handlers, Json, Response, load_event
from tests.lifecycle.timed_world import TimedWorld

SERVICE_TIMEOUT_SECONDS = 3_540
CLEANUP_ATTEMPTS = 3
"""CloudFormation's, for what a completed update leaves behind."""

Next = Callable[[Response], None]


@dataclass(frozen=True)
class Served:
    """A model that the endpoint was given."""

    url: str
    properties: Json


class Stack:
    """The stack's state, and every event that was sent for it."""

    def __init__(
        self,
        world: TimedWorld,
        *,
        id_kept: bool = True,
        newest_first: bool = False,
        handlers: Handlers | None = None,
    ) -> None:
        """A stack that does not exist yet.

        Args:
            world: the account.
            id_kept: with which id CloudFormation goes on after a failed update: the former,
                or the one that the failed update returned.
            newest_first: whether the event that came last is polled first.
            handlers: the two handlers, if they are not the world's.
        """
        self.world = world
        self.id_kept = id_kept
        self.newest_first = newest_first
        self.handlers = handlers or world.lifecycle
        self.status = "ABSENT"
        self.properties: Json = {}
        self.physical_id = ""
        self.served: list[Served] = []
        self.lost_models: list[str] = []
        """Keys of models that were deleted while they were served, or had been just before."""
        self.events: list[SentEvent] = []
        self.endpoint_fails = False
        """Whether the next endpoint never becomes healthy."""
        self.waiter_fails = False
        """Whether the framework cannot start its state machine for the next event."""
        self.calls_in_events: set[int] = set()
        """Numbers of the API calls that `on_event` made, from 1."""
        world.s3.on_deleted = self._note_deleted
        self._asked: Json = {}
        self._reached = ""
        self._waiting: tuple[SentEvent, Next] | None = None
        self._repeat: Callable[[], None] = lambda: None

    # What a person does.

    def create(self, properties: Json) -> None:
        self.status, self._asked = "CREATE_IN_PROGRESS", properties
        self._send("create", "create", self._created, ResourceProperties=properties)

    def update(self, properties: Json) -> None:
        self.status, self._asked = "UPDATE_IN_PROGRESS", properties
        self._send_update("update", self.physical_id, properties, self.properties, self._updated)

    def delete(self) -> None:
        """Delete the stack, or cancel its creation."""
        if self.status == "CREATE_IN_PROGRESS":
            self._abandon_create("DELETE")
        else:
            self._delete(self.physical_id, self.properties, "DELETE")

    def cancel(self) -> None:
        """Another resource fails, or a person cancels: the event in progress is abandoned."""
        if self.status == "CREATE_IN_PROGRESS":
            self._abandon_create("ROLLBACK")
        elif self.status == "UPDATE_IN_PROGRESS":
            self._roll_back(self.physical_id)

    def repeat(self) -> None:
        """Do the step again that failed on the way back."""
        assert self.status.endswith("_FAILED"), self.status
        self._repeat()

    # What time does.

    @property
    def in_progress(self) -> SentEvent | None:
        """The event whose answer CloudFormation waits for."""
        return self._waiting[0] if self._waiting else None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happens any more, not even for events that were abandoned."""
        return self._waiting is None and all(
            delivery.response for event in self.events for delivery in event.deliveries
        )

    def deliver_again(self) -> None:
        """Lambda delivers the event in progress a second time."""
        if self._waiting:
            self._deliver(self._waiting[0])

    def tick(self) -> None:
        """Every event in work is polled, CloudFormation goes on, and time passes."""
        for event in self.events[:: -1 if self.newest_first else 1]:
            for delivery in list(event.deliveries):
                with_jobs = len(self.world.created)
                delivery.poll()
                self._take(event, delivery, with_jobs)
        if self._waiting and self._waiting[0].answer:
            event, go_on = self._waiting
            self._waiting = None
            assert event.answer is not None
            go_on(event.answer)
        self.world.pass_time()

    def run(self, *, ticks: int = 3_000) -> None:
        """Let time pass until nothing happens any more."""
        for _ in range(ticks):
            if self.is_quiet:
                return
            self.tick()
        raise AssertionError(f"{self.status} after {ticks} ticks")

    def finish(self) -> None:
        """Let everything end; a person repeats what failed on the way back."""
        self.run()
        for _ in range(3):
            if not self.status.endswith("_FAILED"):
                return
            self.repeat()
            self.run()
        raise AssertionError(f"{self.status} after three repetitions")

    def _note_deleted(self, key: str) -> None:
        last = list(dict.fromkeys(served.url for served in reversed(self.served)))[:2]
        if f"s3://{self.world.bucket}/{key}" in last:
            self.lost_models.append(key)

    # CloudFormation's steps.

    def _created(self, response: Response) -> None:
        if response.ok and self._serve(response, self._asked):
            self.status = "CREATE_COMPLETE"
            self.properties, self.physical_id = self._asked, response.physical_id
        else:
            self._delete(response.physical_id, self._asked, "ROLLBACK")

    def _abandon_create(self, step: str) -> None:
        invented = load_event("delete_of_cancelled_create")["PhysicalResourceId"]
        self._delete(invented, self._asked, step)

    def _delete(self, physical_id: str, properties: Json, step: str) -> None:
        self.status = f"{step}_IN_PROGRESS"
        self._repeat = lambda: self._delete(physical_id, properties, step)

        # The endpoint goes before the job, and what describes its model before the endpoint.
        self.world.ssm.values.clear()

        def deleted(response: Response) -> None:
            self.status = f"{step}_COMPLETE" if response.ok else f"{step}_FAILED"

        self._send_delete(physical_id, properties, deleted)

    def _updated(self, response: Response) -> None:
        if response.ok and self._serve(response, self._asked):
            former_id, former = self.physical_id, self.properties
            self.properties, self.physical_id = self._asked, response.physical_id
            self._clean_up(former_id, former, "UPDATE_COMPLETE")
        else:
            kept = self.id_kept and not response.ok
            self._roll_back(self.physical_id if kept else response.physical_id)

    def _roll_back(self, reached_id: str) -> None:
        self.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        self._repeat = lambda: self._roll_back(reached_id)

        def rolled_back(response: Response) -> None:
            if response.ok:
                self.physical_id = response.physical_id
                self._clean_up(reached_id, self._asked, "UPDATE_ROLLBACK_COMPLETE")
            else:
                self.status = "UPDATE_ROLLBACK_FAILED"

        self._send_update("rollback", reached_id, self.properties, self._asked, rolled_back)

    def _clean_up(
        self, former_id: str, former: Json, end: str, attempts: int = CLEANUP_ATTEMPTS
    ) -> None:
        if former_id == self.physical_id or not attempts:
            self.status = end
            return
        self.status = f"{end}_CLEANUP_IN_PROGRESS"

        def cleaned(response: Response) -> None:
            if response.ok:
                self.status = end
            else:
                self._clean_up(former_id, former, end, attempts - 1)

        self._send_delete(former_id, former, cleaned)

    def _serve(self, response: Response, properties: Json) -> bool:
        """Give the endpoint the new model; False when it never gets there."""
        url = model_to_serve(self.world, response.data, properties)
        if url is None:
            return False
        if self.endpoint_fails:
            self.endpoint_fails = False
            return False
        self.served.append(Served(url, properties))
        self.world.ssm.serve(str(response.data["TrainingJobName"]))
        return True

    # Events.

    def _send_update(self, kind: str, id: str, new: Json, old: Json, go_on: Next) -> None:
        self._send(
            kind,
            "update",
            go_on,
            PhysicalResourceId=id,
            ResourceProperties=new,
            OldResourceProperties=old,
        )

    def _send_delete(self, id: str, properties: Json, go_on: Next) -> None:
        self._send("delete", "delete", go_on, PhysicalResourceId=id, ResourceProperties=properties)

    def _send(self, kind: str, template: str, go_on: Next, **members: object) -> None:
        event = SentEvent(kind, load_event(template) | members, self.world.now)
        self.events.append(event)
        self._waiting = event, go_on
        self._deliver(event)

    def _deliver(self, event: SentEvent) -> None:
        with_jobs = len(self.world.created)
        fails, self.waiter_fails = self.waiter_fails, False
        first = len(self.world.calls) + 1
        delivery = Delivery(
            self.handlers, event.request, clock=lambda: self.world.now, waiter_fails=fails
        )
        self.calls_in_events.update(range(first, len(self.world.calls) + 1))
        event.deliveries.append(delivery)
        self._take(event, delivery, with_jobs)

    def _take(self, event: SentEvent, delivery: Delivery, with_jobs: int) -> None:
        event.started.update(self.world.created[with_jobs:])
        if event.answer is None and delivery.response:
            event.answer = delivery.response
