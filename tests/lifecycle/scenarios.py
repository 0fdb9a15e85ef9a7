"""What happens to a stack, before anything goes wrong that should not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.lifecycle.cloudformation import Stack
from tests.lifecycle.provider import Handlers, Json
from tests.lifecycle.scripts import (
    COURSES,
    Script,
    abandoned,
    back_to_the_old,
    begin_create,
    begin_delete,
    begin_update,
    create,
    create_imported,
    delete,
    delivered_again,
    endpoint_fails,
    evaluate_on_test_key,
    evaluation_file_missing,
    fail_to_create,
    gate_changes,
    import_bad_model,
    import_model,
    in_turn,
    in_turn_if_up,
    new_data_missing,
    old_data_missing,
    old_data_overwritten,
    starts_throttled,
    switch_tuning,
    update,
    without_waiter,
)
from tests.lifecycle.timed_world import TimedWorld

WAITING_TICK_SECONDS = 25
"""Between polls that wait until no other event can start a job, so that they are few."""
RACING_TICK_SECONDS = 10
"""Where an abandoned event may still start a job: it tries three times."""


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
    newest_first: bool = False
    """Whether the event that came last is polled before those that came earlier."""
    delivered_again: bool = False
    """Whether an event arrives twice."""
    tick_seconds: float = 5
    tuning: bool = False
    """Whether the stack asks for tuning jobs."""
    evaluated_apart: bool = False
    """Whether the stack names a file for the evaluation alone."""

    def __str__(self) -> str:
        return self.name

    def begin(self) -> Stack:
        """A prepared stack in an account of its own."""
        world = TimedWorld(tuning=self.tuning, evaluated_apart=self.evaluated_apart)
        stack = Stack(
            world,
            id_kept=self.id_kept,
            newest_first=self.newest_first,
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
            act=delivered_again(begin_create, ticks),
            delivered_again=True,
            course=course,
        )
    for ticks in (0, 1, 2):
        name, end = ("deleted", Stack.delete) if ticks == 1 else ("cancelled", Stack.cancel)
        yield Scenario(
            name=f"create {name} after {ticks} ticks",
            act=abandoned(begin_create, end, ticks),
            course="fails later" if ticks == 1 else "never ends",
            tick_seconds=WAITING_TICK_SECONDS,
        )
    for newest_first in (False, True):
        yield Scenario(
            name=f"create cancelled while it is throttled{', the Delete ahead' * newest_first}",
            act=starts_throttled(abandoned(begin_create, Stack.cancel, 1)),
            course="never ends",
            tick_seconds=RACING_TICK_SECONDS,
            newest_first=newest_first,
        )
    yield Scenario(
        name="create cancelled at once, the Delete ahead",
        act=abandoned(begin_create, Stack.cancel, 0),
        course="never ends",
        tick_seconds=RACING_TICK_SECONDS,
        newest_first=True,
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
            act=delivered_again(begin_update, ticks),
            course=course,
            tick_seconds=WAITING_TICK_SECONDS if course == "never ends" else 5,
        )
    for ticks in (0, 1, 2):
        yield Scenario(
            name=f"update cancelled after {ticks} ticks",
            prepare=create,
            act=abandoned(begin_update, Stack.cancel, ticks),
            course="never ends",
            tick_seconds=WAITING_TICK_SECONDS if ticks else RACING_TICK_SECONDS,
            newest_first=ticks == 0,
        )
    yield Scenario(
        name="update cancelled while it is throttled",
        prepare=create,
        act=starts_throttled(abandoned(begin_update, Stack.cancel, 1)),
        course="never ends",
        tick_seconds=RACING_TICK_SECONDS,
    )


def _deletes() -> Iterator[Scenario]:
    yield Scenario(name="delete", prepare=create, act=delete)
    yield Scenario(name="delete without a waiter", prepare=create, act=without_waiter(delete))
    yield Scenario(name="delete, each handler twice", prepare=create, act=delete, twice=True)
    yield Scenario(
        name="delete delivered again", prepare=create, act=delivered_again(begin_delete, 0)
    )
    yield Scenario(name="delete after an update", prepare=in_turn(create, update), act=delete)


def _evaluated_apart() -> Iterator[Scenario]:
    create_it = Scenario(name="create, evaluated apart", act=create, evaluated_apart=True)
    yield create_it
    yield replace(
        create_it,
        name="create delivered again, evaluated apart",
        act=delivered_again(begin_create, 1),
        delivered_again=True,
        course="completes later",
    )
    yield replace(
        create_it,
        name="create without its evaluation file",
        prepare=evaluation_file_missing,
    )
    for kept in (True, False):
        yield replace(
            create_it,
            name=f"update, evaluated apart, {'former' if kept else 'returned'} id",
            prepare=create,
            act=update,
            course="misses the gate",
            id_kept=kept,
            tick_seconds=WAITING_TICK_SECONDS,
        )
    yield replace(
        create_it,
        name="update without its evaluation file",
        prepare=in_turn(create, evaluation_file_missing),
        act=update,
    )
    yield replace(
        create_it,
        name="rollback with the evaluation file missing",
        prepare=in_turn(create, old_data_missing, evaluation_file_missing, evaluate_on_test_key),
        act=update,
        course="misses the gate",
    )


def _imports() -> Iterator[Scenario]:
    yield Scenario(name="create of an imported model", act=create_imported)
    yield Scenario(name="delete of an imported model", prepare=create_imported, act=delete)
    for tuning in (False, True):
        what = "tuned" if tuning else "trained"
        yield Scenario(
            name=f"update from a {what} to an imported model",
            prepare=create,
            act=import_model,
            tuning=tuning,
        )
        yield Scenario(
            name=f"imported model misses the gate, back to a {what} one",
            prepare=in_turn(create, old_data_missing),
            act=import_bad_model,
            tuning=tuning,
        )
        yield Scenario(
            name=f"update from an imported to a {what} model, job never ends",
            prepare=create_imported,
            act=update,
            course="never ends",
            tick_seconds=WAITING_TICK_SECONDS,
            tuning=tuning,
        )


def _expiries() -> Iterator[Scenario]:
    three_models = in_turn(create, update, import_model)
    yield Scenario(
        name="update that expires a model", prepare=in_turn(create, update), act=import_model
    )
    yield Scenario(
        name="update back to an expired model", prepare=three_models, act=back_to_the_old
    )
    yield Scenario(
        name="update back misses the gate, models have expired",
        prepare=three_models,
        act=back_to_the_old,
        course="misses the gate",
    )


def _changes_of_tuning() -> Iterator[Scenario]:
    for tuning, name in (
        (False, "update switches tuning on"),
        (True, "update switches tuning off"),
    ):
        for course in ("completes", "never ends"):
            yield Scenario(
                name=f"{name}, job {course}",
                prepare=create,
                act=in_turn(switch_tuning, update),
                course=course,
                tick_seconds=5 if course == "completes" else WAITING_TICK_SECONDS,
                tuning=tuning,
            )


def _tuned(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    """The same with a tuning job in place of each training job."""
    for scenario in scenarios:
        yield replace(scenario, name=f"tuning: {scenario.name}", tuning=True)


TRAINING = [*_creates(), *_updates(), *_deletes(), *_evaluated_apart()]
TUNING = [*_tuned(TRAINING), *_changes_of_tuning()]
IMPORTS = [*_imports(), *_expiries()]
SCENARIOS = [*TRAINING, *IMPORTS, *TUNING]

DISTURBED = [
    scenario
    for scenario in SCENARIOS
    if scenario.name.removeprefix("tuning: ")
    in {
        "create, job completes later",
        "create, job never ends",
        "update, job completes, former id",
        "update, job never ends, returned id",
        "update, endpoint fails",
        "update that expires a model",
        "delete",
    }
]
"""Those in which it matters what happens elsewhere in the moment of a call."""
