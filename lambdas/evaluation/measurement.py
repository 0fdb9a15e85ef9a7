"""Makes a report: reads the model, the evaluation file and the training job's files once each."""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.confidence.vocabulary import Vocabulary
from lambdas.evaluation.artifact import Room, fetch_model
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.calibration import CalibrationSample
from lambdas.evaluation.comparison_rows import ComparisonRows
from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.dictionary import DictionaryError, read_words
from lambdas.evaluation.evaluate import Evaluated, evaluate
from lambdas.evaluation.examples import read_examples, read_lines
from lambdas.evaluation.familiarity import HeldOutTexts
from lambdas.evaluation.inputs import Inputs, StoredObject
from lambdas.evaluation.model import Model
from lambdas.evaluation.model_fingerprint import fingerprint_of
from lambdas.evaluation.object_stream import open_object
from lambdas.evaluation.overlap import EvaluatedTexts, Overlap
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.report import Report, make_report
from tier_layout.fingerprint import Fingerprint

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _AboutModel:
    """What is known of a model besides its figures."""

    labels: list[str]
    rows: list[dict[str, Any]]
    """To ask an endpoint about."""
    fingerprint: Fingerprint | None
    vocabulary: Vocabulary | None
    """Without limits; None where the file does not tell."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What came of it."""

    report: Report
    vocabulary: Vocabulary | None
    """The file whose key the report has."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One evaluation of one model, in the time that is left."""

    s3: S3
    load_model: Callable[[Path], Model]
    """Loads a model.bin, which is removed afterwards."""
    room: Callable[[Path], Room]
    """What there is for a model that is written to this folder."""
    inputs: Inputs
    deadline: Deadline

    def measure(self, properties: EvaluationProperties) -> Measured:
        """Measure everything that a report has, and the model's words.

        Raises:
            EvaluationError: an input cannot be used, or room or time do not suffice.
        """
        sample = CalibrationSample() if self.inputs.calibrate else None
        texts = EvaluatedTexts()
        # The model is gone when this returns: it may have taken most of the memory.
        held_out = HeldOutTexts()
        evaluated, about = self._evaluate([texts, held_out, *([sample] if sample else [])])
        overlap = self._overlap(texts, self.inputs.training)
        # With the evaluation file itself it has everything in common, and the report says so.
        looked_at = None if self.inputs.is_optimistic else self.inputs.validation
        validation_overlap = self._overlap(texts, looked_at)
        fitted = sample.fit() if sample else None
        vocabulary = held_out.limits(about.vocabulary) if about.vocabulary else None
        report = make_report(
            properties,
            self.inputs,
            evaluated,
            known_labels=about.labels,
            calibrated=fitted.reliability if fitted else None,
            calibration=fitted.settings if fitted else "",
            overlap=overlap,
            validation_overlap=validation_overlap,
            comparison=about.rows,
            model_fingerprint=about.fingerprint,
            vocabulary=properties.vocabulary_key(self.inputs.fingerprint) if vocabulary else "",
        )
        return Measured(report=report, vocabulary=vocabulary)

    def _evaluate(
        self, collectors: list[EvaluatedTexts | HeldOutTexts | CalibrationSample]
    ) -> tuple[Evaluated, _AboutModel]:
        """What the model is worth, and what else is asked of it while it is in memory."""
        model, vocabulary = self._model()
        rows = ComparisonRows()
        data = self.inputs.data
        with open_object(self.s3, data) as stream:
            evaluated = evaluate(
                model,
                read_examples(stream, data.key),
                name=data.key,
                size=data.size,
                deadline=self.deadline,
                collectors=[*collectors, rows],
            )
        logger.info("%d rows in %.1f s", evaluated.metrics.rows, evaluated.seconds)
        return evaluated, _AboutModel(
            labels=[label for _, label in model.predict(b"\n")],
            rows=rows.choose(model),
            fingerprint=fingerprint_of(model),
            vocabulary=vocabulary,
        )

    def _model(self) -> tuple[Model, Vocabulary | None]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = fetch_model(
                self.s3, self.inputs.model, folder, room=self.room(folder), deadline=self.deadline
            )
            vocabulary = _vocabulary(file)
            model = self.load_model(file)
        logger.info("Loaded the model after %.1f s", self.deadline.elapsed_seconds)
        return model, vocabulary

    def _overlap(self, texts: EvaluatedTexts, seen: StoredObject | None) -> Overlap | None:
        if seen is None:
            return None
        start = self.deadline.elapsed_seconds
        with open_object(self.s3, seen) as stream:
            overlap = texts.overlap(read_lines(stream, seen.key), self.deadline)
        logger.info("Read %s in %.1f s", seen.key, self.deadline.elapsed_seconds - start)
        return overlap


def _vocabulary(file: Path) -> Vocabulary | None:
    """The words in a model.bin; none where they are not written as fastText writes them."""
    try:
        with file.open("rb") as content:
            return Vocabulary.of(read_words(content))
    except DictionaryError as error:
        # Not worth an evaluation: fastText has the last word on whether it is a model.
        logger.warning("No vocabulary: %s", error)
        return None
