"""Stacks that live through anything, in any order, with faults at any call."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.lifecycle.campaign import (
    FAULTS,
    KILLED_AFTER,
    KILLED_BEFORE,
    MORE_FAULTS,
    OUT_OF_TIME,
    TALLY,
    broken_promises,
)
from tests.lifecycle.cloudformation import Stack
from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault, ProcessDeath
from tests.lifecycle.provider import Json
from tests.lifecycle.scripts import COURSES
from tests.lifecycle.timed_world import TimedWorld

UP = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
GONE = {"ABSENT", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"}
KILLS = {KILLED_BEFORE, KILLED_AFTER, OUT_OF_TIME}
VERSIONS = ("old", "new")


class StackLife(RuleBasedStateMachine):
    """A person, CloudFormation, Lambda, SageMaker and S3 take turns."""

    @initialize(
        id_kept=st.booleans(),
        newest_first=st.booleans(),
        deployed=st.booleans(),
        tuning=st.booleans(),
        evaluated_apart=st.booleans(),
    )
    def begin(
        self,
        id_kept: bool,
        newest_first: bool,
        deployed: bool,
        tuning: bool,
        evaluated_apart: bool,
    ) -> None:
        self.world = TimedWorld(tuning=tuning, evaluated_apart=evaluated_apart)
        self.stack = Stack(self.world, id_kept=id_kept, newest_first=newest_first)
        self.stack.create(self.world.old)
        if deployed:
            self.stack.run()

    # A person.

    @precondition(lambda self: self.stack.status in GONE)
    @rule(version=st.sampled_from(VERSIONS))
    def create(self, version: str) -> None:
        self.stack.create(self._properties(version))

    @precondition(lambda self: self.stack.status in UP)
    @rule(
        version=st.sampled_from((*VERSIONS, "imported")),
        gate=st.sampled_from(["0.2", "0.6", "0.95"]),
        tuning=st.booleans(),
    )
    def update(self, version: str, gate: str, tuning: bool) -> None:
        self.world.tuning = tuning
        self.stack.update(self._properties(version) | {"MinimumAccuracy": gate})

    @precondition(lambda self: self.stack.status in UP | {"CREATE_IN_PROGRESS"})
    @rule()
    def delete(self) -> None:
        self.stack.delete()

    @precondition(lambda self: self.stack.status.endswith("_FAILED"))
    @rule()
    def repeat_what_failed(self) -> None:
        self.stack.repeat()

    @precondition(lambda self: self.stack.is_quiet and not self.world.unended())
    @rule(version=st.sampled_from(VERSIONS), there=st.booleans())
    def remove_or_upload_data(self, version: str, there: bool) -> None:
        properties = self._properties(version)
        if there:
            self.world.upload_version(version)
        elif (self.world.bucket, properties["TrainKey"]) in self.world.s3.objects:
            self.world.remove_data(properties)

    # CloudFormation, Lambda and the framework.

    @precondition(lambda self: self.stack.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
    @rule()
    def cancel(self) -> None:
        self.stack.cancel()

    @precondition(lambda self: self._may_be_delivered_again())
    @rule()
    def deliver_again(self) -> None:
        self.stack.deliver_again()

    @rule(ticks=st.integers(1, 12), seconds=st.sampled_from([1, 5, 25]))
    def let_time_pass(self, ticks: int, seconds: float) -> None:
        self.world.tick_seconds = seconds
        for _ in range(ticks):
            self.stack.tick()

    @rule()
    def let_everything_end(self) -> None:
        self.world.faults.clear()
        self.world.tick_seconds = 5
        self.stack.run()

    # AWS.

    @rule(course=st.sampled_from(sorted(COURSES)))
    def jobs_take_this_course(self, course: str) -> None:
        self.world.course = COURSES[course]

    @rule(what=st.sampled_from(["job", "endpoint", "waiter"]))
    def something_else_fails(self, what: str) -> None:
        if what == "endpoint":
            self.stack.endpoint_fails = True
        elif what == "waiter" and self.stack.in_progress is None:
            self.stack.waiter_fails = True
        elif what == "job":  # by somebody's hand
            self.world.stop_by_hand()

    @rule(
        kind=st.sampled_from(sorted((FAULTS | MORE_FAULTS).keys() - KILLS)), call=st.integers(1, 8)
    )
    def call_will_fail(self, kind: str, call: int) -> None:
        self._arm(kind, call)

    @rule(calls=st.integers(1, 20))
    def starts_will_be_throttled(self, calls: int) -> None:
        error = client_error("ThrottlingException", "CreateTrainingJob")
        self.world.faults.append(Fault("create_training_job", 1, error, until_call=calls))

    @precondition(lambda self: not self._is_delivered_twice())
    @rule(kind=st.sampled_from(sorted(KILLS)), call=st.integers(1, 8))
    def handler_will_be_killed(self, kind: str, call: int) -> None:
        self._arm(kind, call)

    # What holds.

    @invariant()
    def no_promise_is_broken_on_the_way(self) -> None:
        if hasattr(self, "stack"):
            later = {"leaked jobs", "unanswered events"}
            broken = [what for what in broken_promises(self.stack) if what[0] not in later]
            assert broken == []

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        self.world.faults.clear()
        self.stack.waiter_fails = False
        self.world.tick_seconds = 5
        self.stack.finish()
        broken = list(broken_promises(self.stack))
        TALLY.count(broken)
        assert broken == []

    def _properties(self, version: str) -> Json:
        properties: dict[str, Json] = {
            "old": self.world.old,
            "new": self.world.new,
            "imported": self.world.imported,
        }
        return properties[version]

    def _arm(self, kind: str, call: int) -> None:
        self.world.faults.append((FAULTS | MORE_FAULTS)[kind].at(call))

    def _is_delivered_twice(self) -> bool:
        event = self.stack.in_progress
        return event is not None and len(event.deliveries) > 1

    def _may_be_delivered_again(self) -> bool:
        """While the event is worked on; a handler that is killed then is another promise."""
        event = self.stack.in_progress
        if event is None or event.answer or any(map(_kills, self.world.faults)):
            return False
        return all(self.world.status(job) in {"InProgress", "Completed"} for job in event.started)


def _kills(fault: Fault) -> bool:
    return isinstance(fault.error, ProcessDeath)


TestStackLife = StackLife.TestCase
TestStackLife.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
