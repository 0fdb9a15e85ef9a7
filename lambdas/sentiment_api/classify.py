"""The API's logic: from reviews to results."""

from collections.abc import Sequence
from typing import Protocol

from lambdas.confidence import NONE, calibrated, is_unsure
from lambdas.sentiment_api.container_reply import Prediction
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.models import FORMAT, Review, SentimentResponse, SentimentResult
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
    """
    predictions = endpoint.predict([review.tokens for review in reviews])
    results = [
        _result(review, prediction, model)
        for review, prediction in zip(reviews, predictions, strict=True)
    ]
    return SentimentResponse(format=FORMAT, results=results, model=model.info if model else None)


def check_endpoint(endpoint: Predictor) -> None:
    """Have the endpoint label one word.

    Raises:
        EndpointError, UnreadableReplyError: it does not answer as it should.
    """
    endpoint.predict([PROBE])


def _result(review: Review, prediction: Prediction, model: ServedModel | None) -> SentimentResult:
    best = prediction.best_label
    scores = prediction.scores
    if model and model.calibration != NONE:
        tokens = len(review.tokens.split(" "))
        scores = calibrated(scores, tokens=tokens, calibration=model.calibration)
    scores = {label: round(score, DECIMALS) for label, score in scores.items()}
    unsure = model and model.says_unsure and is_unsure(scores[best], model.calibration)
    return SentimentResult(
        text=review.text,
        sentiment=UNSURE if unsure else best,
        confidence=scores[best],
        scores=scores,
    )
