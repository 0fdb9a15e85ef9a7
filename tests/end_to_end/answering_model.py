"""What each of two deployed models answers, so that an answer tells which of them gave it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import fasttext

from lambdas.confidence import Calibration, calibrated
from local_aws.sagemaker.ml_root import MlRoot
from review_text import normalise
from tests.end_to_end.conftest import DeployedTier
from tier_layout.labels import LABEL_PREFIX

ROUNDING = 0.0002
"""Between two answers of one model: the API's four decimals, and the other library's sums."""


@dataclass(frozen=True)
class AnsweringModel:
    """A model as it was trained and evaluated."""

    job: str
    accuracy: float
    scores: dict[str, float]
    """What the API is to say of a text: calibrated by this model's own calibration."""

    @classmethod
    def deployed(cls, tier: DeployedTier, text: str, folder: Path) -> Self:
        """The model that the stack names now."""
        outputs = tier.outputs()
        archive = folder / "model.tar.gz"
        archive.write_bytes(tier.content(outputs["ModelDataUrl"].split("/", 3)[3]))
        MlRoot(folder).unpack_model(archive)
        model = fasttext.load_model(str(folder / "model" / "model.bin"))
        tokens = normalise(text)
        said = {
            label.removeprefix(LABEL_PREFIX): min(float(probability), 1.0)
            for probability, label in model.f.predict(f"{tokens}\n", -1, 0.0, "strict")
        }
        report = json.loads(tier.content(f"evaluations/{outputs['TrainingJobName']}/report.json"))
        calibration = Calibration.from_json(report["calibration"])
        return cls(
            job=outputs["TrainingJobName"],
            accuracy=float(outputs["Accuracy"]),
            scores=calibrated(said, tokens=len(tokens.split()), calibration=calibration),
        )

    def gave(self, answer: Any) -> bool:
        """Whether an answer of the API to the text is this model's, whatever name it has."""
        (result,) = answer["results"]
        return all(
            abs(result["scores"][label] - score) <= ROUNDING for label, score in self.scores.items()
        )

    def is_named_by(self, answer: Any) -> bool:
        """Whether an answer wears this model's name and accuracy."""
        model = answer["model"]
        return model is not None and (model["training_job"], model["accuracy"]) == (
            self.job,
            self.accuracy,
        )
