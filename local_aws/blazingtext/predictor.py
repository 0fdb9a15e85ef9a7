"""Answers invocations: request bodies in, response bodies out, and nothing of HTTP.

Formats: "BlazingText algorithm", section on inference, in the SageMaker developer
guide. What the container does with malformed requests is not documented; here
they get status 400 and one plain sentence.
"""

import json
from pathlib import Path
from typing import Any

import fasttext_pybind  # type: ignore[import-not-found]

# A request without a content type has this one on SageMaker.
_DEFAULT_CONTENT_TYPE = "application/octet-stream"


class InvocationError(Exception):
    """The request cannot be answered."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, 400 or 415."""


class Predictor:
    """A model, loaded once, that many threads may use at a time."""

    def __init__(self, model_file: Path) -> None:
        """Load the model.

        Raises:
            ValueError: the file is missing, or is no supervised fastText model.
        """
        self._model = fasttext_pybind.fasttext()
        self._model.loadModel(str(model_file))
        # Fails now, not at the first request, for a model of word vectors.
        self.predict("", 1)

    def predict(self, text: str, k: int) -> dict[str, list[Any]]:
        """The `k` most probable labels of one line of text, the likeliest first."""
        # As when training read it, a line ends with its line break: a token of its own.
        found = self._model.predict(text + "\n", k, 0.0, "replace")
        # Rounding takes the library's probabilities up to 1.00002.
        return {
            "prob": [min(probability, 1.0) for probability, _ in found],
            "label": [label for _, label in found],
        }

    def invoke(self, body: bytes, content_type: str | None) -> tuple[bytes, str]:
        """Answer one invocation.

        Returns:
            The response's body, and its content type: that of the request.

        Raises:
            InvocationError: with the status and the words to answer with.
        """
        media_type = (content_type or _DEFAULT_CONTENT_TYPE).partition(";")[0].strip().lower()
        if media_type == "application/json":
            answer = json.dumps(self._answer_json(body))
        elif media_type == "application/jsonlines":
            answer = "".join(json.dumps(a) + "\n" for a in self._answer_lines(body))
        else:
            raise InvocationError(415, f"content-type {media_type} not supported")
        return answer.encode("ascii"), media_type

    def _answer_json(self, body: bytes) -> list[dict[str, list[Any]]]:
        request = _object(body, "The body")
        instances = request.get("instances")
        if not isinstance(instances, list):
            raise InvocationError(400, "The body must have instances, a list of strings.")
        configuration = request.get("configuration", {})
        if not isinstance(configuration, dict):
            raise InvocationError(400, "The configuration must be an object.")
        k = _k(configuration, "configuration.k")
        texts = [_text(text, f"instances[{i}]") for i, text in enumerate(instances)]
        return [self.predict(text, k) for text in texts]

    def _answer_lines(self, body: bytes) -> list[dict[str, list[Any]]]:
        requests = []
        for number, line in enumerate(body.split(b"\n"), start=1):
            if line.strip():
                request = _object(line, f"Line {number}")
                text = _text(request.get("source"), f"source in line {number}")
                requests.append((text, _k(request, f"k in line {number}")))
        return [self.predict(text, k) for text, k in requests]


def _object(document: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise InvocationError(400, f"{what} is not valid JSON.") from error
    if not isinstance(value, dict):
        raise InvocationError(400, f"{what} must be a JSON object.")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvocationError(400, f"The value of {what} must be a string.")
    if "\n" in value:
        raise InvocationError(400, f"The value of {what} must be one line of text.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvocationError(400, f"The value of {what} has a lone surrogate.") from error
    return value


# fastText keeps k in 32 bits.
_LARGEST_K = 2**31 - 1


def _k(settings: dict[str, Any], what: str) -> int:
    k = settings.get("k", 1)
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= _LARGEST_K:
        raise InvocationError(400, f"The value of {what} must be a positive integer.")
    return k
