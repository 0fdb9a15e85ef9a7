"""What people, CloudFormation and the framework do to a stack, to be put together."""

from collections.abc import Callable

from tests.lifecycle.cloudformation import Stack
from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.timed_world import Course
from tests.lifecycle.world import EVALUATION_KEY

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


def create(stack: Stack) -> None:
    stack.create(stack.world.old)
    stack.run()


def update(stack: Stack) -> None:
    stack.update(stack.world.new)
    stack.run()


def create_imported(stack: Stack) -> None:
    stack.create(stack.world.imported)
    stack.run()


def import_model(stack: Stack) -> None:
    stack.update(stack.world.imported)
    stack.run()


def import_bad_model(stack: Stack) -> None:
    stack.world.imported_accuracy = 0.3
    import_model(stack)


def switch_tuning(stack: Stack) -> None:
    """From now on the stack asks for the other kind of job."""
    stack.world.tuning = not stack.world.tuning


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


def starts_throttled(act: Script) -> Script:
    """For so long that an event which kept on trying would outlive all that stops its job."""

    def act_throttled(stack: Stack) -> None:
        for operation in ("create_training_job", "create_hyper_parameter_tuning_job"):
            throttled = client_error("ThrottlingException", operation)
            stack.world.faults.append(Fault(operation, 1, throttled, until_call=20))
        act(stack)

    return act_throttled


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


def evaluation_file_missing(stack: Stack) -> None:
    stack.world.s3.delete(stack.world.bucket, EVALUATION_KEY)


def evaluate_on_test_key(stack: Stack) -> None:
    """From now on the stack asks for it."""
    stack.world.evaluated_apart = False


def old_data_overwritten(stack: Stack) -> None:
    stack.world.upload(stack.world.old["TrainKey"], "__label__positive overwritten\n")


def in_turn_if_up(*scripts: Script) -> Script:
    """One after the other while each ends as it should."""

    def act(stack: Stack) -> None:
        for script in scripts:
            script(stack)
            if stack.status not in {"CREATE_COMPLETE", "DELETE_COMPLETE"}:
                return

    return act


def begin_create(stack: Stack) -> None:
    stack.create(stack.world.old)


def begin_update(stack: Stack) -> None:
    stack.update(stack.world.new)


def begin_delete(stack: Stack) -> None:
    stack.delete()
