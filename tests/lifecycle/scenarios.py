"""What happens to a stack, before anything goes wrong that should not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.lifecycle.cloudformation import Stack
from tests.lifecycle.provider import Handlers, Json
from tests.lifecycle.timed_world import Course, TimedWorld

Script = Callable[[Stack], None]

SOON = Course()
COURSES: dict[str, Course] = {
    "completes": SOON,
    "completes later": Course(seconds=12),
    "misses the gate": Course(accuracy=0.3),
    "reports no accuracy": Course(accuracy=None),
    "fails": Course(ending="Failed"),
    "fails later": Course(seconds=12, ending="Failed"),
    "takes too long": Course(ending="MaxRuntimeExceeded"),
    "never ends": Course(ending="", stop_seconds=12),
}
WAITING_TICK_SECONDS = 25
"""Between polls that wait until no other event can start a job, so that they are few."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A stack that is prepared in peace, and then acted on."""

    name: str
    act: Script
    prepare: Script = lambda stack: None
    course: str = "completes"
    id_kept: bool = True
    twice: bool = False
    """Whether the framework invokes each handler again, because the answer was lost."""
    delivered_again: bool = False
    """Whether an event arrives twice."""
    tick_seconds: float = 5

    def __str__(self) -> str:
        return self.name

    def begin(self) -> Stack:
        """A prepared stack in an account of its own."""
        world = TimedWorld()
        stack = Stack(
            world,
            id_kept=self.id_kept,
            handlers=Repeated(world.lifecycle) if self.twice else None,
        )
        self.prepare(stack)
        world.course = COURSES[self.course]
        world.tick_seconds = self.tick_seconds
        world.calls.clear()
        return stack


@dataclass(frozen=True)
class Repeated:
    """The framework repeats an invocation whose connection broke, although it took place."""

    handlers: Handlers

    def on_event(self, event: Json) -> Json:
        self.handlers.on_event(event)
        return self.handlers.on_event(event)

    def is_complete(self, event: Json) -> Json:
        self.handlers.is_complete(event)
        return self.handlers.is_complete(event)


def create(stack: Stack) -> None:
    stack.create(stack.world.old)
    stack.run()


def update(stack: Stack) -> None:
    stack.update(stack.world.new)
    stack.run()


def delete(stack: Stack) -> None:
    stack.delete()
    stack.run()


def fail_to_create(stack: Stack) -> None:
    stack.world.course = COURSES["fails"]
    create(stack)


def in_turn(*scripts: Script) -> Script:
    def all_of_them(stack: Stack) -> None:
        for script in scripts:
            script(stack)

    return all_of_them


def delivered_again(begin: Script, ticks: int) -> Script:
    """The event arrives a second time while it is worked on."""

    def act(stack: Stack) -> None:
        begin(stack)
        for _ in range(ticks):
            stack.tick()
        event = stack.in_progress
        if event and not event.answer:
            stack.deliver_again()
        stack.run()

    return act


def abandoned(begin: Script, end: Script, ticks: int) -> Script:
    """CloudFormation stops waiting for the event, and does what `end` says."""

    def act(stack: Stack) -> None:
        begin(stack)
        for _ in range(ticks):
            stack.tick()
        if stack.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
            end(stack)
        stack.run()

    return act


def without_waiter(act: Script) -> Script:
    """The framework cannot start its state machine for the event."""

    def act_without(stack: Stack) -> None:
        stack.waiter_fails = True
        act(stack)

    return act_without


def endpoint_fails(stack: Stack) -> None:
    stack.endpoint_fails = True
    update(stack)


def gate_changes(stack: Stack) -> None:
    stack.update(stack.properties | {"MinimumAccuracy": "0.7"})
    stack.run()


def back_to_the_old(stack: Stack) -> None:
    stack.update(stack.world.old)
    stack.run()


def new_data_missing(stack: Stack) -> None:
    stack.world.remove_data(stack.world.new)


def old_data_missing(stack: Stack) -> None:
    stack.world.remove_data(stack.world.old)


def old_data_overwritten(stack: Stack) -> None:
    stack.world.upload(stack.world.old["TrainKey"], "__label__positive overwritten\n")


def _begin_create(stack: Stack) -> None:
    stack.create(stack.world.old)


def _begin_update(stack: Stack) -> None:
    stack.update(stack.world.new)


def _begin_delete(stack: Stack) -> None:
    stack.delete()


def _creates() -> Iterator[Scenario]:
    for course in COURSES:
        yield Scenario(name=f"create, job {course}", act=create, course=course)
    for course in ("completes", "fails", "never ends"):
        yield Scenario(
            name=f"create after a failed attempt, job {course}",
            prepare=fail_to_create,
            act=create,
            course=course,
        )
    yield Scenario(name="create finds its job", prepare=in_turn(create, delete), act=create)
    yield Scenario(name="create without data", prepare=old_data_missing, act=create)
    yield Scenario(name="create, deleted, created again", act=in_turn_if_up(create, delete, create))
    yield Scenario(name="create without a waiter", act=without_waiter(create))
    yield Scenario(name="create, each handler twice", act=create, twice=True)
    for ticks, course in ((0, "completes"), (1, "completes later"), (2, "never ends")):
        yield Scenario(
            name=f"create delivered again after {ticks} ticks, job {course}",
            act=delivered_again(_begin_create, ticks),
            delivered_again=True,
            course=course,
        )
    for ticks in (0, 1, 2):
        for name, end in (("cancelled", Stack.cancel), ("deleted", Stack.delete)):
            yield Scenario(
                name=f"create {name} after {ticks} ticks",
                act=abandoned(_begin_create, end, ticks),
                course="fails later" if ticks == 1 else "never ends",
                tick_seconds=WAITING_TICK_SECONDS,
            )


def _updates() -> Iterator[Scenario]:
    for kept in (True, False):
        how = "former id" if kept else "returned id"
        courses = ("completes", "misses the gate", "fails", "never ends")
        for course in courses if kept else courses[2:]:
            yield Scenario(
                name=f"update, job {course}, {how}",
                prepare=create,
                act=update,
                course=course,
                id_kept=kept,
                tick_seconds=5 if course == "completes" else WAITING_TICK_SECONDS,
            )
    yield Scenario(
        name="rollback with old data missing",
        prepare=in_turn(create, old_data_missing),
        act=update,
        course="misses the gate",
    )
    # With the returned id, nothing tells this from new data under a known key.
    yield Scenario(
        name="rollback with old data overwritten",
        prepare=in_turn(create, old_data_overwritten),
        act=update,
        course="fails",
        tick_seconds=WAITING_TICK_SECONDS,
    )
    yield Scenario(name="update, endpoint fails", prepare=create, act=endpoint_fails)
    yield Scenario(name="update of the gate", prepare=create, act=gate_changes)
    yield Scenario(name="update back", prepare=in_turn(create, update), act=back_to_the_old)
    yield Scenario(
        name="update without data", prepare=in_turn(create, new_data_missing), act=update
    )
    yield Scenario(
        name="update without a waiter",
        prepare=create,
        act=without_waiter(update),
        tick_seconds=WAITING_TICK_SECONDS,
    )
    yield Scenario(name="update, each handler twice", prepare=create, act=update, twice=True)
    yield Scenario(
        name="rollback, each handler twice",
        prepare=create,
        act=update,
        course="misses the gate",
        twice=True,
    )
    for ticks, course in ((0, "completes"), (1, "completes later"), (2, "never ends")):
        yield Scenario(
            name=f"update delivered again after {ticks} ticks, job {course}",
            prepare=create,
            act=delivered_again(_begin_update, ticks),
            course=course,
            tick_seconds=WAITING_TICK_SECONDS if course == "never ends" else 5,
        )
    for ticks in (0, 1, 2):
        yield Scenario(
            name=f"update cancelled after {ticks} ticks",
            prepare=create,
            act=abandoned(_begin_update, Stack.cancel, ticks),
            course="never ends",
            tick_seconds=WAITING_TICK_SECONDS,
        )


def _deletes() -> Iterator[Scenario]:
    yield Scenario(name="delete", prepare=create, act=delete)
    yield Scenario(name="delete without a waiter", prepare=create, act=without_waiter(delete))
    yield Scenario(name="delete, each handler twice", prepare=create, act=delete, twice=True)
    yield Scenario(
        name="delete delivered again", prepare=create, act=delivered_again(_begin_delete, 0)
    )
    yield Scenario(name="delete after an update", prepare=in_turn(create, update), act=delete)


def in_turn_if_up(*scripts: Script) -> Script:
    """One after the other while each ends as it should."""

    def act(stack: Stack) -> None:
        for script in scripts:
            script(stack)
            if stack.status not in {"CREATE_COMPLETE", "DELETE_COMPLETE"}:
                return

    return act


SCENARIOS = [*_creates(), *_updates(), *_deletes()]

DISTURBED = [
    scenario
    for scenario in SCENARIOS
    if scenario.name
    in {
        "create, job completes later",
        "create, job never ends",
        "update, job completes, former id",
        "update, job never ends, returned id",
        "update, endpoint fails",
        "delete",
    }
]
"""Those in which it matters what happens elsewhere in the moment of a call."""
