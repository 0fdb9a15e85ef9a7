"""The tokens that a model is asked with: by the rules that it was trained with, or none."""

from collections.abc import Sequence

from lambdas.sentiment_api.invalid_request import invalid_request
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.models import NO_WORDS, NO_WORDS_FAULT, Review
from lambdas.sentiment_api.problems import ProblemError
from review_text import CURRENT, SPOKEN, Normaliser


class UnspokenNormaliserError(Exception):
    """The model was trained with rules that this API does not have."""

    def __init__(self, trained_with: str) -> None:
        super().__init__(trained_with)
        self.trained_with = trained_with
        """The version that the model's description names."""


def normaliser_of(model: ServedModel | None) -> Normaliser:
    """The normaliser that a model was trained with.

    It is taken for the current one where no description can be read, or where it does not say: its
    deployment wrote it before there were other versions.

    Raises:
        UnspokenNormaliserError: it names a version that this API does not have.
    """
    if model is None or model.normaliser_version is None:
        return CURRENT
    if model.normaliser_version not in SPOKEN:
        raise UnspokenNormaliserError(model.normaliser_version)
    return SPOKEN[model.normaliser_version]


def tokenised(reviews: Sequence[Review], normaliser: Normaliser) -> list[str]:
    """The reviews as the model sees them, in their order; none is empty.

    Raises:
        ProblemError: 422, a former normaliser leaves nothing of a text (a request is only made of
            texts of which the current one leaves something).
    """
    texts = [review.tokens(normaliser) for review in reviews]
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
    return texts
