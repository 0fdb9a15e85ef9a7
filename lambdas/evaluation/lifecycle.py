"""The custom resource's life: what CloudFormation's events mean for evaluations.

The CDK Provider framework calls `on_event` once an event, and may repeat it.
"""

import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.evaluation.artifact import Room, fetch_model
from lambdas.evaluation.aws_api import S3, clear_errors
from lambdas.evaluation.calibration import CalibrationSample
from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.evaluate import evaluate
from lambdas.evaluation.examples import read_examples
from lambdas.evaluation.inputs import Inputs, MissingInputError, find_inputs
from lambdas.evaluation.model import Model
from lambdas.evaluation.object_stream import open_object
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.quality_gate import pass_gate
from lambdas.evaluation.report import Report, make_report
from lambdas.evaluation.report_store import ReportStore
from tier_layout.s3_address import S3Address

Event = Mapping[str, Any]
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

    def on_event(self, event: Event, *, remaining_seconds: Callable[[], float]) -> Answer:
        """Evaluate, or find the evaluation; a Delete does nothing: reports are kept.

        Raises:
            EvaluationError: the model was not evaluated, or misses the gate.
        """
        if event["RequestType"] == "Delete":
            return {"PhysicalResourceId": event["PhysicalResourceId"]}
        properties = EvaluationProperties.parse(event["ResourceProperties"])
        store = ReportStore(s3=self.s3, properties=properties)
        with clear_errors():
            report = self._report(
                properties,
                store,
                Deadline(remaining_seconds),
                updating=event["RequestType"] == "Update",
            )
            # Before the gate: a person who is told of a missed gate looks at the report.
            store.publish(report)
        pass_gate(report, properties, store.page_key)
        return {
            "PhysicalResourceId": f"{report['job']}-evaluation-{report['fingerprint']}",
            "Data": {
                "ModelDataUrl": properties.model_data_url,
                "Accuracy": f"{report['accuracy']:.4f}",
                "MacroF1": f"{report['macro_f1']:.4f}",
                "ReportKey": store.page_key,
                "ReportUrl": str(S3Address(properties.bucket_name, store.page_key)),
                # JSON in any case, because it becomes a part of a JSON document.
                "Calibration": report["calibration"] or "null",
            },
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
        if kept is not None:
            logger.info("Evaluated before: report %s", inputs.fingerprint)
            return kept
        report = self._evaluate(properties, inputs, deadline)
        store.keep(report)
        return report

    def _evaluate(
        self, properties: EvaluationProperties, inputs: Inputs, deadline: Deadline
    ) -> Report:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = fetch_model(
                self.s3, inputs.model, folder, room=self.room(folder), deadline=deadline
            )
            model = self.load_model(file)
        logger.info("Loaded the model after %.1f s", deadline.elapsed_seconds)
        sample = CalibrationSample() if inputs.calibrate else None
        with open_object(self.s3, inputs.data) as stream:
            evaluated = evaluate(
                model,
                read_examples(stream, inputs.data.key),
                name=inputs.data.key,
                size=inputs.data.size,
                deadline=deadline,
                collectors=[sample] if sample else [],
            )
        metrics = evaluated.metrics
        logger.info("%d rows in %.1f s", metrics.rows, evaluated.seconds)
        fitted = sample.fit() if sample else None
        return make_report(
            properties,
            inputs,
            evaluated,
            known_labels=[label for _, label in model.predict(b"\n")],
            calibrated=fitted.reliability if fitted else None,
            calibration=fitted.settings if fitted else "",
        )
