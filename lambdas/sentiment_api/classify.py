"""The API's logic: from reviews to results."""

from collections.abc import Sequence
from typing import Protocol

from lambdas.confidence import NONE, calibrated, is_unsure
from lambdas.sentiment_api.container_reply import Prediction
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.models import FORMAT, Review, SentimentResponse, SentimentResult
from lambdas.sentiment_api.tokens import normaliser_of, tokenised
from review_text import carries_nothing
from tier_layout.labels import UNSURE

DECIMALS = 4
"""Decimals of a probability. fastText's threads make the fifth one uncertain."""

PROBE = "ok"
"""What a health check sends: the smallest text that the model can label."""


class Predictor(Protocol):
    """What the logic needs of the endpoint."""

    def predict(self, tokenised_texts: Sequence[str]) -> list[Prediction]:
        """Score every label for each text, in their order."""


def classify_reviews(
    reviews: Sequence[Review], *, endpoint: Predictor, model: ServedModel | None
) -> SentimentResponse:
    """Label each review, in the order in which they came.

    Raises:
        EndpointError, UnreadableReplyError: there are no predictions; a request is answered as a
            whole or not at all.
        UnspokenNormaliserError: the texts cannot be made what the model was trained on.
        ProblemError: a text has no words for the model.
    """
    texts = tokenised(reviews, normaliser_of(model))
    predictions = endpoint.predict(texts)
    results = [
        _result(review, tokens, prediction, model)
        for review, tokens, prediction in zip(reviews, texts, predictions, strict=True)
    ]
    return SentimentResponse(results=results, model=model.info if model else None, format=FORMAT)


def check_endpoint(endpoint: Predictor, *, model: ServedModel | None) -> None:
    """Have the endpoint label one word.

    Raises:
        EndpointError, UnreadableReplyError: it does not answer as it should.
        UnspokenNormaliserError: it may answer, but could not be asked for the right words.
    """
    normaliser_of(model)
    endpoint.predict([PROBE])


def _result(
    review: Review, tokens: str, prediction: Prediction, model: ServedModel | None
) -> SentimentResult:
    best = prediction.best_label
    scores = prediction.scores
    if model and model.calibration != NONE:
        count = len(tokens.split(" "))
        scores = calibrated(scores, tokens=count, calibration=model.calibration)
    scores = {label: round(score, DECIMALS) for label, score in scores.items()}
    unsure = (
        model
        and model.says_unsure
        # No calibration knows of these: nobody writes reviews of signs alone.
        and (carries_nothing(tokens) or is_unsure(scores[best], model.calibration))
    )
    return SentimentResult(
        text=review.text,
        sentiment=UNSURE if unsure else best,
        confidence=scores[best],
        scores=scores,
    )
