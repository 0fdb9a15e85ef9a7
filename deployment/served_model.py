"""How the commands speak of the model that a tier serves."""

from collections.abc import Mapping

from deployment.errors import CdkError
from deployment.progress import console
from deployment.served_answers import compare_answers
from deployment.tier_stacks import TierStacks
from stacks.lambda_target import points_here

OPTIMISTIC = "optimistic: early stopping and tuning looked at the same reviews"
"""What an accuracy is worth that was measured on the validation channel's file."""


def named(model: Mapping[str, str]) -> str:
    """The model's name and accuracy.

    Args:
        model: the outputs of its stack.
    """
    # A stack of a former version has no evaluation.
    accuracy = model.get("Accuracy") or model["ValidationAccuracy"]
    told = f"{model['TrainingJobName']}, accuracy {accuracy}"
    looked_at = validated_on(model)
    return f"{told} ({OPTIMISTIC})" if looked_at == model.get("EvaluatedOn", "") else told


def validated_on(model: Mapping[str, str]) -> str | None:
    """The key of what early stopping and tuning looked at; None where it is not known.

    Args:
        model: the outputs of the model's stack.
    """
    key = model.get("ValidatedOn", "unknown")
    return None if key == "unknown" else key


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
