"""The API's logic: from reviews to results."""

from collections.abc import Sequence
from typing import Protocol

from lambdas.confidence import NONE, calibrated, is_unsure
from lambdas.confidence.vocabulary import Vocabulary
from lambdas.sentiment_api.container_reply import Answer, Prediction
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.models import FORMAT, Review, SentimentResponse, SentimentResult
from lambdas.sentiment_api.tokens import normaliser_of, require_words, spoken_by
from review_text import carries_nothing
from tier_layout.fingerprint import Reading
from tier_layout.labels import UNSURE

DECIMALS = 4
"""Decimals of a probability. fastText's threads make the fifth one uncertain."""

PROBE = "ok"
"""What a health check sends: the smallest text that the model can label."""


class Predictor(Protocol):
    """What the logic needs of the endpoint."""

    def predict(self, tokenised_texts: Sequence[str]) -> Answer:
        """Score every label for each text, in their order."""


class Models(Protocol):
    """What the logic needs to know of the models behind it."""

    def described(self) -> Sequence[ServedModel]:
        """Those that may answer."""

    def that_gave(self, reading: Reading) -> ServedModel | None:
        """The one that has answered."""


class Words(Protocol):
    """What the logic needs to know of a model's words."""

    def of(self, model: ServedModel | None) -> Vocabulary | None:
        """Its vocabulary, if it can be read."""


def classify_reviews(
    reviews: Sequence[Review], *, endpoint: Predictor, models: Models, vocabularies: Words
) -> SentimentResponse:
    """Label each review, in the order in which they came.

    Which model answers is known when it has. While one takes another's place that may have been
    trained with other rules, the texts are sent as each of them has learned to read.

    Raises:
        EndpointError, UnreadableReplyError: there are no predictions; a request is answered as a
            whole or not at all.
        UnspokenNormaliserError: the texts cannot be made what the model was trained on.
        ProblemError: a text has no words for the model.
    """
    normalisers = spoken_by(models.described())
    # Ends: each round but the last adds one of the versions that this API has.
    while True:
        texts = {rules: [review.tokens(rules) for review in reviews] for rules in normalisers}
        if not any(all(each) for each in texts.values()):
            require_words(texts[normalisers[0]])
        asked = list(dict.fromkeys(text for each in texts.values() for text in each if text))
        answer = endpoint.predict(asked)
        model = models.that_gave(answer.reading)
        rules = normaliser_of(model) if model else normalisers[0]
        if rules in texts:
            break
        normalisers = [*normalisers, rules]
    require_words(texts[rules])
    prediction_of = dict(zip(asked, answer.predictions, strict=True))
    vocabulary = vocabularies.of(model)
    results = [
        _result(review, tokens, prediction_of[tokens], model, vocabulary)
        for review, tokens in zip(reviews, texts[rules], strict=True)
    ]
    return SentimentResponse(results=results, model=model.info if model else None, format=FORMAT)


def check_endpoint(endpoint: Predictor, *, models: Models) -> None:
    """Have the endpoint label one word.

    Raises:
        EndpointError, UnreadableReplyError: it does not answer as it should.
        UnspokenNormaliserError: it answers, but cannot be asked for the right words.
    """
    model = models.that_gave(endpoint.predict([PROBE]).reading)
    if model:
        normaliser_of(model)


def _result(
    review: Review,
    tokens: str,
    prediction: Prediction,
    model: ServedModel | None,
    vocabulary: Vocabulary | None,
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
        # No calibration knows of these: nobody writes reviews of signs alone, or in a language
        # that is not that of the others.
        and (
            carries_nothing(tokens)
            or (vocabulary and vocabulary.is_strange(tokens.split(" ")))
            or is_unsure(scores[best], model.calibration)
        )
    )
    return SentimentResult(
        text=review.text,
        sentiment=UNSURE if unsure else best,
        confidence=scores[best],
        scores=scores,
    )
