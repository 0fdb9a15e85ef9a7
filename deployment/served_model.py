"""How the commands speak of the model that a tier serves."""

from collections.abc import Mapping

from deployment.errors import CdkError
from deployment.progress import console
from deployment.served_answers import compare_answers
from deployment.tier_stacks import TierStacks
from stacks.lambda_target import points_here


def named(model: Mapping[str, str]) -> str:
    """The model's name and accuracy.

    Args:
        model: the outputs of its stack.
    """
    # A stack of a former version has no evaluation.
    accuracy = model.get("Accuracy") or model["ValidationAccuracy"]
    return f"{model['TrainingJobName']}, accuracy {accuracy}"


def refused(error: CdkError, *, tier: str, former: Mapping[str, str]) -> CdkError:
    """The same error, and what the tier serves in spite of it.

    Args:
        error: why a model was not deployed.
        tier: the tier's name.
        former: the outputs of the model's stack before; empty when there was none.
    """
    serves = f"still serves {named(former)}" if former else "serves nothing yet"
    return CdkError(f"{error}\n\n{tier} {serves}.")


def announce(stacks: TierStacks, what: str) -> None:
    """Say what has been deployed and how it is called, and hold its answers against the evaluation.

    Raises:
        DifferentAnswersError: it serves, and answers otherwise than its model did when evaluated.
        WorkFailedError: it does not answer.
    """
    different = compare_answers(stacks)
    api = stacks.outputs(stacks.sentiment_analysis)
    # An AWS on this machine has the API under another address than the one that AWS computes.
    here = f"  Here: $(python -m local_aws url {stacks.sentiment_analysis})sentiment\n"
    console.print(
        f"\n{what}\n"
        f"  POST {api['ApiUrl']}sentiment\n"
        f"{here if points_here() else ''}"
        f"  The key: aws apigateway get-api-key --include-value --api-key {api['ApiKeyId']}",
        markup=False,
    )
    if different:
        raise different
