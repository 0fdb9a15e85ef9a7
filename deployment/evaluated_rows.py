"""The rows that an evaluation has kept for its endpoint to be asked."""

from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_forbidden, is_missing_object
from lambdas.evaluation.report import Report, read_report
from lambdas.evaluation.report_store import LATEST
from tier_layout.s3_address import S3Address


class S3(Protocol):
    """The part of boto3's S3 client that is used here."""

    def get_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


class NotComparedError(Exception):
    """There is nothing to compare, or it may not be looked at. The message says which."""


def report_with_rows(s3: S3, bucket: str, model: Mapping[str, str]) -> Report:
    """The report on the model that serves, with rows to ask.

    Args:
        s3: the service.
        bucket: the tier's data bucket.
        model: the outputs of the model's stack.

    Raises:
        NotComparedError: there is none.
    """
    if not model.get("ReportKey"):
        raise NotComparedError("the stack is of a version without an evaluation")
    key = f"{model['ReportKey'].rpartition('/')[0]}/{LATEST}"
    try:
        with s3.get_object(Bucket=bucket, Key=key)["Body"] as body:
            report = read_report(body.read())
    except ClientError as error:
        if is_missing_object(error):
            raise NotComparedError(f"there is no {key} (any more)") from error
        if is_forbidden(error):
            raise NotComparedError(f"{key} may not be read (s3:GetObject)") from error
        raise
    if report is None or _key(report["model"]["url"]) != _key(model["ModelDataUrl"]):
        raise NotComparedError(f"{key} is not about the model that serves")
    if not report["comparison"]:
        raise NotComparedError("the evaluation was made before it kept rows for this")
    return report


def _key(url: str) -> str:
    return S3Address.parse(url).key
