"""What the templates demand of an account's preparation is what the doctor looks for."""

import aws_cdk as cdk

from deployment.doctor.account import BOOTSTRAP_MINIMUM


def test_doctor_knows_the_least_version_of_the_bootstrap() -> None:
    app = cdk.App()
    cdk.Stack(app, "Any")
    (stack,) = app.synth().stacks
    assert stack.requires_bootstrap_stack_version == BOOTSTRAP_MINIMUM
