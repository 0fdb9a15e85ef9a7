"""What is known of a model: the value of an SSM parameter, which the model's deployment writes."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from lambdas.confidence import NONE, Calibration
from lambdas.sentiment_api.models import Interval, ModelInfo, Probability
from tier_layout.fingerprint import Fingerprint


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model that the endpoint serves or is about to, and what its probabilities are worth."""

    info: ModelInfo
    calibration: Calibration
    """Measured on this model: it comes with its name, in one parameter."""
    says_unsure: bool
    """Whether a text below the calibration's threshold is called unsure."""
    normaliser_version: str | None
    """Which text normaliser made what it was trained on; None if nobody wrote it down."""
    fingerprint: Fingerprint | None
    """What it says of texts that every request asks; None if its evaluation did not ask them."""
    vocabulary_key: str | None
    """Of the file in the data bucket with the words that it knows; None if there is none."""


def read_description(value: str) -> ServedModel:
    """Read a parameter's value.

    Raises:
        pydantic.ValidationError: it is no description.
    """
    described = _Description.model_validate_json(value)
    return ServedModel(
        info=ModelInfo.model_validate(described.model_dump(include=set(ModelInfo.model_fields))),
        calibration=described.calibration or NONE,
        says_unsure=described.unsure,
        normaliser_version=described.normaliser,
        fingerprint=Fingerprint.parse(described.fingerprint),
        vocabulary_key=described.vocabulary,
    )


def _read_calibration(value: object) -> Calibration | None:
    """As the evaluation wrote it.

    Raises:
        CalibrationError: a ValueError, which pydantic reports.
    """
    return None if value is None else Calibration.from_json(json.dumps(value))


_Known = Annotated[str | None, BeforeValidator(lambda value: value or None)]
"""CloudFormation has no null: what is not known is empty."""


class _Description(ModelInfo):
    """The parameter's value.

    Also as it was written first, with `validation_accuracy` and without all that has a default: a
    rollback of the model's stack brings that back under a newer API.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    accuracy: Annotated[
        Probability, Field(validation_alias=AliasChoices("accuracy", "validation_accuracy"))
    ]
    accuracy_interval: Interval | None = None
    evaluated_on: _Known = None
    training_data: _Known = None
    normaliser: _Known = None
    vocabulary: _Known = None

    calibration: Annotated[Calibration | None, BeforeValidator(_read_calibration)] = None
    unsure: bool = True
    fingerprint: Any = None
