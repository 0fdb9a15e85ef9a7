"""Where reports are kept: one for each evaluation of a job's model, and the latest for people."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from lambdas.confidence.vocabulary import Vocabulary
from lambdas.custom_resource.aws_errors import is_missing_object
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.inputs import EVALUATOR_VERSION, Inputs, StoredObject
from lambdas.evaluation.page import render
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.report import Normaliser, Report, read_report
from tier_layout.s3_address import S3Address

PAGE: Final = "report.html"
LATEST: Final = "report.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ReportStore:
    """The folder `evaluations/<job>/` of the data bucket.

    `<fingerprint>.json` keeps every evaluation, so that going back to a former evaluation
    file costs nothing; `report.json` and `report.html` are about the one that counts.
    """

    s3: S3
    properties: EvaluationProperties

    @property
    def page_key(self) -> str:
        """The key of the page."""
        return f"{self.properties.folder}/{PAGE}"

    def find(self, fingerprint: str) -> Report | None:
        """Return the report on exactly these inputs."""
        report = self._read(f"{self.properties.folder}/{fingerprint}.json")
        return report if report is not None and report["fingerprint"] == fingerprint else None

    def find_by_names(self) -> Report | None:
        """Return the latest report on objects of these names, whose contents cannot be compared.

        Reports of former versions of this program count, too.
        """
        wanted = self.properties
        for report in self._newest_first():
            if (
                # In whichever tier's bucket: the model may have been promoted, with its reports.
                S3Address.parse(report["model"]["url"]).key == wanted.model.key
                and report["data"]["key"] == wanted.evaluation_key
                and report["calibrate"] == wanted.calibrate
            ):
                return report
        return None

    def find_with_overlap(self, inputs: Inputs) -> Report | None:
        """Return the latest report on this model and data that knows of their overlap.

        For a training or validation file that is gone: what it had in common with the evaluation
        file stays true.
        """
        for report in self._newest_first():
            if (
                report["evaluator"] == EVALUATOR_VERSION
                and report["overlap"] is not None
                and _is_about(report["model"], inputs.model)
                and _is_about(report["data"], inputs.data)
                and report["calibrate"] == inputs.calibrate
            ):
                return report
        return None

    def find_normaliser(self, report: Report) -> Normaliser | None:
        """Return what the latest other report on this model has of its normaliser, if any has."""
        for other in self._newest_first():
            # By its key, not its ETag: a model that was promoted may have another one.
            if (
                other["normaliser"]["version"]
                and S3Address.parse(other["model"]["url"]).key == self.properties.model.key
                and other["model"]["bytes"] == report["model"]["bytes"]
            ):
                return other["normaliser"]
        return None

    def vocabulary_key(self, report: Report) -> str:
        """Of the words that a report names; "" where there are none, or they are gone."""
        key = report["vocabulary"]
        try:
            if key:
                self.s3.head_object(Bucket=self.properties.bucket_name, Key=key)
        except ClientError as error:
            if is_missing_object(error):
                return ""
            raise
        return key

    def keep(self, report: Report, vocabulary: Vocabulary | None = None) -> None:
        """Write a new report down, after the words that it names."""
        if vocabulary:
            self.s3.put_object(
                Bucket=self.properties.bucket_name,
                Key=report["vocabulary"],
                Body=vocabulary.to_bytes(),
                ContentType="application/octet-stream",
            )
        key = f"{self.properties.folder}/{report['fingerprint']}.json"
        self._write(key, json.dumps(report), "application/json")

    def publish(self, report: Report) -> None:
        """Make this report the one that people see."""
        text = json.dumps(report, indent=1)
        self._write(f"{self.properties.folder}/{LATEST}", text, "application/json")
        self._write(self.page_key, render(report), "text/html; charset=utf-8")

    def _read(self, key: str) -> Report | None:
        try:
            body = self.s3.get_object(Bucket=self.properties.bucket_name, Key=key)["Body"]
        except ClientError as error:
            if is_missing_object(error):
                return None
            raise
        with body:
            content = body.read()
        report = read_report(content)
        if report is None:
            logger.warning("%s is no report that can be read, and is left out", key)
        return report

    def _newest_first(self) -> Iterator[Report]:
        """All kept reports: few, as each stands for another evaluation file."""
        prefix = f"{self.properties.folder}/"
        listing = self.s3.list_objects_v2(Bucket=self.properties.bucket_name, Prefix=prefix)
        entries = sorted(
            listing.get("Contents", []), key=lambda entry: entry["LastModified"], reverse=True
        )
        for entry in entries:
            key = str(entry["Key"])
            if key.endswith(".json") and key != f"{prefix}{LATEST}":
                report = self._read(key)
                if report is not None:
                    yield report

    def _write(self, key: str, text: str, content_type: str) -> None:
        self.s3.put_object(
            Bucket=self.properties.bucket_name,
            Key=key,
            Body=text.encode("utf-8", errors="replace"),
            ContentType=content_type,
        )


def _is_about(described: Mapping[str, Any], stored: StoredObject) -> bool:
    return (described["etag"], described["bytes"]) == (stored.etag, stored.size)
