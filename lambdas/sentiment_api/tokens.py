"""The rules by which a model is asked: those that it was trained with, or none."""

from collections.abc import Iterable, Sequence

from lambdas.sentiment_api.invalid_request import invalid_request
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.models import NO_WORDS, NO_WORDS_FAULT
from lambdas.sentiment_api.problems import ProblemError
from review_text import CURRENT, SPOKEN, Normaliser


class UnspokenNormaliserError(Exception):
    """The model was trained with rules that this API does not have."""

    def __init__(self, trained_with: str) -> None:
        super().__init__(trained_with)
        self.trained_with = trained_with
        """The version that the model's description names."""


def normaliser_of(model: ServedModel) -> Normaliser:
    """The normaliser that a model was trained with.

    It is taken for the current one where the description does not say: its deployment wrote it
    before there were other versions.

    Raises:
        UnspokenNormaliserError: it names a version that this API does not have.
    """
    if model.normaliser_version is None:
        return CURRENT
    if model.normaliser_version not in SPOKEN:
        raise UnspokenNormaliserError(model.normaliser_version)
    return SPOKEN[model.normaliser_version]


def spoken_by(models: Iterable[ServedModel]) -> list[Normaliser]:
    """The normalisers of models that may answer, each once; the current one when none is known."""
    versions = dict.fromkeys(model.normaliser_version or CURRENT.version for model in models)
    return [SPOKEN[version] for version in versions if version in SPOKEN] or [CURRENT]


def require_words(texts: Sequence[str]) -> None:
    """Refuse a request of which a former normaliser leaves nothing of a text.

    A request is only made of texts of which the current one leaves something.

    Raises:
        ProblemError: 422, naming every text that is empty.
    """
    if not all(texts):
        raise ProblemError(
            invalid_request(
                [
                    {"type": NO_WORDS, "loc": ("body", "instances", index), "msg": NO_WORDS_FAULT}
                    for index, tokens in enumerate(texts)
                    if not tokens
                ]
            )
        )
