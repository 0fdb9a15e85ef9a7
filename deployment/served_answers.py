"""Asks an endpoint for what its model has answered in the evaluation, and compares.

The accuracy, the calibration and the gate are about the answers that the evaluation got from the
model itself. Whether SageMaker's container gives the same is known only when it is asked.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment.errors import WorkFailedError
from deployment.evaluated_rows import NotComparedError, report_with_rows
from deployment.progress import step
from deployment.tier_stacks import TierStacks
from lambdas.custom_resource.aws_errors import error_code
from lambdas.evaluation.report import Report
from lambdas.sentiment_api.container_reply import UnreadableReplyError, read_predictions
from lambdas.sentiment_api.limits import MAX_LABELS

TOLERANCE = 0.001
"""How far two probabilities of one text may lie apart. fastText sums 32-bit floats: two orders of
the sum, which two builds or threads may have, differ by some 1e-5. The line break at a text's end,
which is what is asked about, changes these rows by more, or does not matter in them."""

_CONFIG = Config(
    # A serverless endpoint starts a container first, and SageMaker waits 60 s for an answer.
    read_timeout=70,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})

Scores = Mapping[str, float]


class Runtime(Protocol):
    """The part of boto3's `sagemaker-runtime` client that is used here."""

    def invoke_endpoint(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that the endpoint answers otherwise. Its text is not here: this is printed."""

    line: int
    label: str
    evaluated: float
    served: float
    without_line_break: float

    def __str__(self) -> str:
        return f"line {self.line}: {self.label} {self.served:.4f}, evaluated {self.evaluated:.4f}"

    @property
    def is_of_line_break(self) -> bool:
        """Whether the answer is that to the text without the line break at its end."""
        return abs(self.served - self.without_line_break) <= TOLERANCE


class DifferentAnswersError(WorkFailedError):
    """The endpoint answers otherwise than the model did in its evaluation."""


def compare_answers(stacks: TierStacks) -> DifferentAnswersError | None:
    """Ask the tier's endpoint the rows of the evaluation, and say what came of it.

    Returns:
        What to raise once everything else has been said, because the tier serves nevertheless.

    Raises:
        WorkFailedError: the endpoint does not answer, or not as BlazingText does.
    """
    s3: Any = boto3.client("s3")
    runtime: Any = boto3.client("sagemaker-runtime", config=_CONFIG)
    with step("Ask the endpoint what the evaluation asked") as asking:
        try:
            model = stacks.outputs(stacks.machine_learning)
            report = report_with_rows(s3, stacks.data_bucket(), model)
            differences = list(
                _differences(report["comparison"], _asked(runtime, model["EndpointName"], report))
            )
        except NotComparedError as reason:
            asking.result = f"not compared, {reason}"
            return None
        rows = len(report["comparison"])
        if not differences:
            asking.result = f"{rows} rows, the same answers"
            return None
        asking.failed = True
        asking.result = f"{rows} rows, {len({d.line for d in differences})} answered otherwise"
    return DifferentAnswersError(_explained(stacks.name, report, differences))


def _asked(runtime: Runtime, endpoint: str, report: Report) -> list[Scores]:
    """The endpoint's probabilities for each row.

    Raises:
        NotComparedError: it may not be asked.
        WorkFailedError: its answer cannot be read.
    """
    rows = report["comparison"]
    request = {"instances": [row["text"] for row in rows], "configuration": {"k": MAX_LABELS}}
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps(request, ensure_ascii=False).encode(),
        )
        reply = answer["Body"].read()
    except ClientError as error:
        if error_code(error) in _DENIED:
            raise NotComparedError("it may not be asked (sagemaker:InvokeEndpoint)") from error
        # The container's words may repeat the texts.
        raise WorkFailedError(
            f"The endpoint {endpoint} is deployed and does not answer ({error_code(error)}). Its "
            f"log group is /aws/sagemaker/Endpoints/{endpoint}."
        ) from None
    except BotoCoreError as error:
        raise WorkFailedError(
            f"The endpoint {endpoint} is deployed and does not answer ({error})."
        ) from None
    try:
        return [prediction.scores for prediction in read_predictions(reply, expected=len(rows))]
    except UnreadableReplyError as error:
        raise WorkFailedError(
            f"The endpoint {endpoint} is deployed and does not answer as BlazingText does: {error}."
        ) from None


def _differences(
    rows: Sequence[Mapping[str, Any]], answers: Sequence[Scores]
) -> Iterator[Difference]:
    """For each row that differs, the label that differs most."""
    for row, served in zip(rows, answers, strict=True):
        label, most = max(
            ((label, abs(served.get(label, 0.0) - p)) for label, p in row["scores"].items()),
            key=lambda pair: pair[1],
        )
        if most > TOLERANCE:
            yield Difference(
                line=row["line"],
                label=label,
                evaluated=row["scores"][label],
                served=served.get(label, 0.0),
                without_line_break=row["without_line_break"][label],
            )


def _explained(tier: str, report: Report, differences: Sequence[Difference]) -> str:
    if all(difference.is_of_line_break for difference in differences):
        why = (
            "These are its answers to texts without a line break at their end, so the container "
            "reads a text otherwise than the evaluation does. Labels change where two were about "
            "as likely. Nothing on your side mends it: please report it, with these lines."
        )
    else:
        why = (
            "Another model, image or normaliser answers than the one that was evaluated. Look at "
            f"`make status TIER={tier}`, and deploy again."
        )
    shown = "\n".join(f"  {difference}" for difference in differences)
    data, accuracy = report["data"]["key"], report["accuracy"]
    return (
        f"{tier} serves, and its endpoint answers otherwise than its model did in the evaluation "
        f"on {data}:\n{shown}\n{why} The accuracy of {accuracy:.4f} and the confidences were not "
        "measured on such answers."
    )
