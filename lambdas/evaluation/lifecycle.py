"""The custom resource's life: what CloudFormation's events mean for evaluations.

The CDK Provider framework calls `on_event` once an event, and may repeat it.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.custom_resource.event import ResourceEvent
from lambdas.evaluation.artifact import Room
from lambdas.evaluation.aws_api import S3, clear_errors
from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.inputs import MissingInputError, find_inputs
from lambdas.evaluation.measurement import Measurement
from lambdas.evaluation.model import Model
from lambdas.evaluation.normaliser import with_normaliser
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.quality_gate import pass_gate
from lambdas.evaluation.report import Report
from lambdas.evaluation.report_store import ReportStore
from tier_layout.s3_address import S3Address

Answer = dict[str, Any]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Evaluations:
    """Answers the framework's one call."""

    s3: S3
    load_model: Callable[[Path], Model]
    """Loads a model.bin, which is removed afterwards."""
    room: Callable[[Path], Room]
    """What there is for a model that is written to this folder."""

    def on_event(
        self, event: Mapping[str, Any], *, remaining_seconds: Callable[[], float]
    ) -> Answer:
        """Evaluate, or find the evaluation; a Delete does nothing: reports are kept.

        Raises:
            EvaluationError: the model was not evaluated, or misses the gate.
        """
        asked = ResourceEvent.parse(event)
        if asked.is_delete:
            return {"PhysicalResourceId": asked.physical_id}
        properties = EvaluationProperties.parse(asked.given)
        store = ReportStore(s3=self.s3, properties=properties)
        with clear_errors():
            report = self._report(
                properties, store, Deadline(remaining_seconds), updating=asked.is_update
            )
            report = with_normaliser(report, properties, store)
            # Before the gate: a person who is told of a missed gate looks at the report.
            store.publish(report)
            vocabulary = store.vocabulary_key(report)
        pass_gate(report, properties, store.page_key)
        return {
            "PhysicalResourceId": f"{report['job']}-evaluation-{report['fingerprint']}",
            "Data": _attributes(report, properties, store.page_key, vocabulary),
        }

    def _report(
        self,
        properties: EvaluationProperties,
        store: ReportStore,
        deadline: Deadline,
        *,
        updating: bool,
    ) -> Report:
        try:
            inputs = find_inputs(properties, self.s3)
        except MissingInputError:
            # A failed update is being rolled back, perhaps, to data that is gone: its model
            # was evaluated when it was deployed, and a rollback must not fail.
            kept = store.find_by_names() if updating else None
            if kept is None:
                raise
            logger.info("An input is gone; taking the report %s", kept["fingerprint"])
            return kept
        kept = store.find(inputs.fingerprint)
        gone = (properties.train_key and inputs.training is None) or (
            properties.validation_key and inputs.validation is None
        )
        if gone:
            kept = store.find_with_overlap(inputs) or kept
        elif kept and kept["vocabulary"] and not store.vocabulary_key(kept):
            kept = None
        if kept is not None:
            logger.info("Evaluated before: report %s", kept["fingerprint"])
            return kept
        measured = Measurement(
            s3=self.s3,
            load_model=self.load_model,
            room=self.room,
            inputs=inputs,
            deadline=deadline,
        ).measure(properties)
        store.keep(measured.report, measured.vocabulary)
        return measured.report


def _attributes(
    report: Report, properties: EvaluationProperties, page_key: str, vocabulary_key: str
) -> dict[str, str]:
    """What the stack can take from the evaluation with Fn::GetAtt."""
    low, high = report["interval"]
    return {
        "ModelDataUrl": properties.model_data_url,
        "Accuracy": f"{report['accuracy']:.4f}",
        "AccuracyLow": f"{low:.4f}",
        "AccuracyHigh": f"{high:.4f}",
        "MacroF1": f"{report['macro_f1']:.4f}",
        "EvaluatedOn": properties.evaluation_key,
        "ValidatedOn": properties.validation_key or "unknown",
        "NormaliserVersion": report["normaliser"]["version"],
        "ReportKey": page_key,
        "ReportUrl": str(S3Address(properties.bucket_name, page_key)),
        "VocabularyKey": vocabulary_key,
        # JSON in any case, because they become parts of a JSON document.
        "Calibration": report["calibration"] or "null",
        "ModelFingerprint": json.dumps(report["model_fingerprint"], separators=(",", ":")),
    }
