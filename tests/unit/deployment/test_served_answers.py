"""An endpoint's answers, held against those of the evaluation."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from deployment.errors import WorkFailedError
from deployment.served_answers import DifferentAnswersError, compare_answers
from deployment.tier_stacks import TierStacks
from lambdas.evaluation.report import Report

SECRET = "my landlord is a crook"
KEY = "evaluations/job/report.json"
URL = "s3://bucket/models/job/output/model.tar.gz"
ROWS = [
    {
        "line": line,
        "text": f"{SECRET} {line}",
        "scores": {"positive": 0.7, "negative": 0.3},
        "without_line_break": {"positive": 0.8, "negative": 0.2},
    }
    for line in (3, 17)
]


def report(**changed: Any) -> dict[str, Any]:
    fields: dict[str, Any] = dict.fromkeys(Report.__required_keys__)
    return fields | {
        "format": 1,
        "model": {"url": URL},
        "data": {"key": "datasets/1/test.txt"},
        "accuracy": 0.9,
        "comparison": ROWS,
        **changed,
    }


def error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": SECRET},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "x",
    )


class Aws:
    """A bucket with one report, and an endpoint that answers every text alike."""

    def __init__(
        self,
        *,
        document: dict[str, Any] | ClientError,
        scores: Mapping[str, float] | bytes | Exception,
        outputs: Mapping[str, str],
    ) -> None:
        self._document, self._scores, self._outputs = document, scores, outputs
        self.asked: list[dict[str, Any]] = []

    def client(self, _: str, **__: Any) -> "Aws":
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self._outputs.items()]
        return {"Stacks": [{"StackName": StackName, "Outputs": outputs}]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert (Bucket, Key) == ("bucket", KEY)
        if isinstance(self._document, ClientError):
            raise self._document
        return {"Body": io.BytesIO(json.dumps(self._document).encode())}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(self._scores, Exception):
            raise self._scores
        if isinstance(self._scores, bytes):
            return {"Body": io.BytesIO(self._scores)}
        one = {
            "prob": list(self._scores.values()),
            "label": [f"__label__{label}" for label in self._scores],
        }
        count = len(json.loads(request["Body"])["instances"])
        return {"Body": io.BytesIO(json.dumps([one] * count).encode())}


Compare = Callable[..., DifferentAnswersError | None]
OUTPUTS = {
    "DataBucketName": "bucket",
    "EndpointName": "Alice-sentiment",
    "ReportKey": "evaluations/job/report.html",
    "ModelDataUrl": URL,
}


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> Compare:
    def run(
        scores: Mapping[str, float] | bytes | Exception,
        document: dict[str, Any] | ClientError | None = None,
        outputs: Mapping[str, str] = OUTPUTS,
    ) -> DifferentAnswersError | None:
        aws = Aws(
            document=report() if document is None else document, scores=scores, outputs=outputs
        )
        monkeypatch.setattr(boto3, "client", aws.client)
        return compare_answers(TierStacks("Alice"))

    return run


@pytest.mark.parametrize("positive", [0.7, 0.70099, 0.69901])
def test_answers_within_rounding_are_the_same(compare: Compare, positive: float) -> None:
    assert compare({"positive": positive, "negative": 0.3}) is None


@pytest.mark.parametrize("positive", [0.7011, 0.6989, 0.3])
def test_other_answers_are_told_by_line_and_probability(compare: Compare, positive: float) -> None:
    different = str(compare({"positive": positive, "negative": 0.3}))
    assert f"  line 3: positive {positive:.4f}, evaluated 0.7000\n" in different
    assert "on datasets/1/test.txt" in different
    assert "Another model, image or normaliser answers" in different


def test_answers_to_texts_without_a_line_break_are_known_as_such(compare: Compare) -> None:
    different = str(compare({"positive": 0.8, "negative": 0.2}))
    assert "These are its answers to texts without a line break at their end" in different


def test_label_that_is_not_answered_is_a_difference(compare: Compare) -> None:
    assert "positive 0.0000, evaluated 0.7000" in str(compare({"other": 1.0}))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (report(comparison=[]), "before it kept rows"),
        ({"format": 1, "some": "thing"}, "is not about the model that serves"),
        (report(model={"url": "s3://bucket/models/other/model.tar.gz"}), "is not about the model"),
        (error("NoSuchKey", 404), f"there is no {KEY}"),
        (error("AccessDenied", 403), "may not be read (s3:GetObject)"),
    ],
)
def test_without_rows_nothing_is_compared_and_the_reason_said(
    compare: Compare,
    capsys: pytest.CaptureFixture[str],
    document: dict[str, Any] | ClientError,
    reason: str,
) -> None:
    assert compare({"positive": 0.1}, document) is None
    printed = "".join(capsys.readouterr())
    assert "not compared, " in printed
    assert reason in printed


def test_promoted_model_is_known_by_its_key_in_another_bucket(compare: Compare) -> None:
    promoted = OUTPUTS | {"ModelDataUrl": URL.replace("//bucket", "//another")}
    assert compare({"positive": 0.1}, outputs=promoted) is not None


def test_endpoint_that_may_not_be_asked_is_a_notice(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(error("AccessDeniedException", 403)) is None
    assert "may not be asked (sagemaker:InvokeEndpoint)" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "answer",
    [error("ModelError", 424), ReadTimeoutError(endpoint_url="https://x"), b"<html>", b"[]"],
)
def test_endpoint_that_does_not_answer_is_a_failure(
    compare: Compare, answer: bytes | Exception
) -> None:
    with pytest.raises(WorkFailedError, match="Alice-sentiment is deployed and does not answer"):
        compare(answer)


def test_no_text_is_printed(compare: Compare, capsys: pytest.CaptureFixture[str]) -> None:
    said = [str(compare({"positive": 0.1, "negative": 0.9}))]
    for answer in (error("ModelError"), SECRET.encode()):
        with pytest.raises(WorkFailedError) as failed:
            compare(answer)
        said.append(str(failed.value))
    assert SECRET not in "".join([*said, *capsys.readouterr()])
