"""What becomes of old models in a stack's life; every model is old here."""

from tests.lifecycle.cloudformation import Stack
from tests.lifecycle.scripts import (
    COURSES,
    Script,
    back_to_the_old,
    create,
    delete,
    import_model,
    in_turn,
    update,
)
from tests.lifecycle.timed_world import TimedWorld

three_models = in_turn(create, update, import_model)


def stack_after(*scripts: Script) -> Stack:
    stack = Stack(TimedWorld())
    for script in scripts:
        script(stack)
    return stack


def kept(stack: Stack) -> list[str]:
    """The models in the bucket, by their place among the jobs of the stack."""
    return [
        name
        for name in stack.world.created
        if (stack.world.bucket, f"models/{name}/output/model.tar.gz") in stack.world.s3.objects
    ]


def test_served_model_and_the_one_before_it_are_kept() -> None:
    stack = stack_after(create, update)
    assert kept(stack) == stack.world.created
    assert len(stack.world.created) == 2


def test_third_model_expires_the_first() -> None:
    stack = stack_after(three_models)
    assert kept(stack) == stack.world.created[1:2]


def test_expired_model_is_trained_again() -> None:
    stack = stack_after(three_models, back_to_the_old)
    first, _, again = stack.world.created
    assert (again, stack.status) == (f"{first}-2", "UPDATE_COMPLETE")


def test_update_that_is_rolled_back_expires_neither() -> None:
    stack = stack_after(create, update)
    stack.world.course = COURSES["misses the gate"]
    stack.update(stack.world.old | {"TestKey": stack.world.new["TestKey"]})
    stack.run()
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert kept(stack) == stack.world.created[:2]


def test_deletion_of_the_stack_expires_nothing() -> None:
    stack = stack_after(create, update, delete)
    assert kept(stack) == stack.world.created
