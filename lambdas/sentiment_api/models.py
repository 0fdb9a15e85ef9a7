"""Requests and responses of the API, as design and OpenAPI document show them."""

from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from lambdas.sentiment_api.limits import MAX_TEXT_CHARACTERS, MAX_TEXTS
from review_text import CURRENT, Normaliser
from tier_layout.labels import UNSURE

FORMAT = 1
"""The form of the answers to `POST /sentiment`, which each of them names.

It changes when a field changes its meaning or goes. Fields may be added without, so a caller
ignores those that it does not know.
"""

HEALTH_MAX_AGE_SECONDS = 5
"""How long one answer of the model stands for all who ask for its health: the route is open, and a
model's time costs."""

NO_WORDS = "no_words"
"""pydantic's `type` of the fault that nothing of a text is left to be labelled."""
NO_WORDS_FAULT = "has no words: white space and markup alone cannot be labelled."

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Interval = Annotated[list[Probability], Field(min_length=2, max_length=2)]
"""From a low to a high probability."""


@dataclass(frozen=True, slots=True)
class Review:
    """A text as it was sent. In JSON it is a string."""

    text: str
    current_tokens: str
    """What the current normaliser makes of the text; never empty."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Take a text apart.

        By the current rules: which ones the model was trained with is not known before the request
        is. Nearly always they are the same, and then nothing is left to do.

        Raises:
            PydanticCustomError: nothing in it can be labelled, or it has a NUL character. Its
                message completes a sentence that starts with where the text stands.
        """
        if "\0" in text:
            raise PydanticCustomError(
                "nul_character", "contains a NUL character (U+0000). Remove it."
            )
        tokens = CURRENT.normalise(text)
        if not tokens:
            raise PydanticCustomError(NO_WORDS, NO_WORDS_FAULT)
        return cls(text=text, current_tokens=tokens)

    def tokens(self, normaliser: Normaliser) -> str:
        """The words and signs of the text, separated by spaces; a former one may see none."""
        if normaliser is CURRENT:
            return self.current_tokens
        return normaliser.normalise(self.text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)
        return core_schema.no_info_after_validator_function(cls.of, text)


class SentimentRequest(BaseModel):
    """Texts to label."""

    # A misspelt or unsupported member is an error, rather than silently without effect.
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"instances": ["This show sucks!", "I had a great day"]}],
        },
    )

    instances: Annotated[
        list[Review],
        Field(
            min_length=1,
            max_length=MAX_TEXTS,
            description=(
                f"1 to {MAX_TEXTS} texts of at most {MAX_TEXT_CHARACTERS} characters. Each needs "
                "at least one word or sign; NUL and lone surrogates are refused."
            ),
        ),
    ]


class SentimentResult(BaseModel):
    """What the model thinks of one text. Probabilities have four decimals."""

    text: Annotated[str, Field(description="The text as it was sent.")]
    sentiment: Annotated[
        str,
        Field(
            description="The most probable label of those the model was trained on; "
            f"`{UNSURE}` where it is too likely to be wrong, the text is only signs and numbers, "
            "or its words are strange to the model, as those of another language are."
        ),
    ]
    confidence: Annotated[
        Probability,
        Field(
            description="The probability of the most probable label, calibrated on reviews that "
            "the model was not trained on: of all answers with 0.9, nine in ten are right."
        ),
    ]
    scores: Annotated[
        dict[str, Probability],
        Field(description="The probability of every label, the most probable first."),
    ]


class ModelInfo(BaseModel):
    """The model that answered."""

    training_job: Annotated[str, Field(description="The SageMaker training job that made it.")]
    accuracy: Annotated[
        Probability,
        Field(
            description="The share of reviews that it labelled right in its evaluation, before it "
            "was deployed. It was not trained on them."
        ),
    ]
    accuracy_interval: Annotated[
        Interval | None,
        Field(description="The 95 % interval of `accuracy` (Wilson): low, high. Null if unknown."),
    ]
    evaluated_on: Annotated[
        str | None,
        Field(
            description="The key of the evaluation's file in the tier's data bucket. Null if "
            "unknown."
        ),
    ]
    training_data: Annotated[
        str | None,
        Field(
            description="The key of its training file in the tier's data bucket. Beside it stands "
            "`dataset.json`, which tells what the file was made from, and how. Null if the model "
            "was trained elsewhere."
        ),
    ]


class SentimentResponse(BaseModel):
    """One result a text, in the order of `instances`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {
                            "text": "This show sucks!",
                            "sentiment": "negative",
                            "confidence": 0.98,
                            "scores": {"negative": 0.98, "positive": 0.02},
                        },
                        {
                            "text": "I had a great day",
                            "sentiment": "positive",
                            "confidence": 0.95,
                            "scores": {"positive": 0.95, "negative": 0.05},
                        },
                    ],
                    "model": {
                        "training_job": "Sandbox-blazingtext-1f2e3d4c5b6a",
                        "accuracy": 0.91,
                        "accuracy_interval": [0.9042, 0.9154],
                        "evaluated_on": "datasets/0123456789ab/test.txt",
                        "training_data": "datasets/0123456789ab/train.txt",
                    },
                    "format": FORMAT,
                }
            ],
        },
    )

    results: list[SentimentResult]
    model: Annotated[
        ModelInfo | None,
        Field(description="The model that gave this answer; null while it is not known which did."),
    ]
    format: Annotated[
        int,
        Field(
            description="The form of this answer. It changes when a field changes its meaning or "
            "goes; fields may be added without.",
            examples=[FORMAT],
        ),
    ]


class Health(BaseModel):
    """The endpoint answers."""

    status: Annotated[str, Field(description="Always `ok`.", examples=["ok"])]
    endpoint: Annotated[
        str, Field(description="The SageMaker endpoint.", examples=["Sandbox-sentiment"])
    ]
    age_seconds: Annotated[
        float,
        Field(
            ge=0,
            description="How many seconds ago it labelled a word: it is asked at most once in "
            f"{HEALTH_MAX_AGE_SECONDS} seconds.",
            examples=[1.5],
        ),
    ]


class ProblemItem(BaseModel):
    """One of the things that are wrong with a request."""

    pointer: Annotated[
        str,
        Field(
            description="Where it is in the body: a JSON Pointer (RFC 6901).",
            examples=["/instances/3"],
        ),
    ]
    detail: Annotated[str, Field(description="What is wrong there, and what to do about it.")]


class ProblemDetails(BaseModel):
    """Why there is no answer (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            # The gateway's own refusals have no other member.
            "required": ["type", "title", "detail"],
            "examples": [
                {
                    "type": "/problems/invalid-request",
                    "title": "The request is not valid",
                    "status": 422,
                    "detail": "instances[1] is empty. Send at least one word.",
                    "errors": [
                        {
                            "pointer": "/instances/1",
                            "detail": "instances[1] is empty. Send at least one word.",
                        }
                    ],
                }
            ],
        },
    )

    type: Annotated[
        str,
        Field(
            description="A stable URI reference: `/problems/<kind>`, or `about:blank` where the "
            "gateway answers."
        ),
    ]
    title: Annotated[str, Field(description="The kind of problem; the same every time.")]
    status: Annotated[
        int, Field(description="The HTTP status; some refusals of the gateway leave it out.")
    ]
    detail: Annotated[str, Field(description="What happened, and what to do about it.")]
    errors: Annotated[
        list[ProblemItem],
        Field(description="Everything that is wrong with the request, if its content is wrong."),
    ] = []
