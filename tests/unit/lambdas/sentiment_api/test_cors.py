"""Pages that may call the API: those of the origins that the tier names, and no other."""

from collections.abc import Mapping

import pytest

from lambdas.sentiment_api import api as routes
from lambdas.sentiment_api.access import Access
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import Answer, Api, event

OURS = "https://app.example.com"
OTHER = "https://other.example.com"


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tier that names two origins."""
    access = Access(authorization="api-key", cors_origins=("http://localhost:3000", OURS))
    monkeypatch.setattr(routes, "access", lambda: access)


def send(method: str, origin: str | None, **headers: str) -> Answer:
    sent = event("post_sentiment")
    own = {"Origin": origin} if origin else {}
    return Api().send(
        {**sent, "httpMethod": method, "headers": {**sent["headers"], **own, **headers}}
    )


def preflight(origin: str, **changes: object) -> Answer:
    headers: Mapping[str, str] = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    sent = {**event("post_sentiment"), "httpMethod": "OPTIONS", "headers": headers, "body": None}
    return Api().send({**sent, **changes})


def allowed(answer: Answer) -> str | None:
    return answer.headers.get("Access-Control-Allow-Origin")


def test_without_origins_no_answer_speaks_of_them() -> None:
    answer = send("POST", OURS)

    assert answer.status == 200
    assert not [
        name for name in answer.headers if name.startswith("Access-Control") or name == "Vary"
    ]


def test_without_origins_a_preflight_is_405() -> None:
    assert preflight(OURS).status == 405


@pytest.mark.usefixtures("named")
def test_preflight_of_a_named_origin_says_what_may_be_sent() -> None:
    answer = preflight(OURS)

    assert (answer.status, answer.text, allowed(answer)) == (204, "", OURS)
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert {"content-type", "x-api-key", "authorization", "x-amz-date"} <= {
        *answer.headers["Access-Control-Allow-Headers"].split(", ")
    }


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("origin", [OTHER, f"{OURS}.evil.com", OURS.upper(), "null", f"{OURS}/"])
def test_preflight_of_another_origin_allows_nothing(origin: str) -> None:
    answer = preflight(origin)

    assert (answer.status, allowed(answer)) == (405, None)


@pytest.mark.usefixtures("named")
def test_preflight_of_an_unknown_path_is_404() -> None:
    assert preflight(OURS, path="/nothing").status == 404


@pytest.mark.usefixtures("named")
def test_options_that_is_no_preflight_is_405() -> None:
    answer = send("OPTIONS", OURS)

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("POST", {}, 200), ("PUT", {}, 405), ("POST", {"Content-Type": "text/plain"}, 415)],
)
def test_answers_and_problems_can_be_read_by_a_named_origin(
    method: str, headers: dict[str, str], status: int
) -> None:
    answer = send(method, OURS, **headers)

    assert (answer.status, allowed(answer)) == (status, OURS)
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("origin", [OTHER, None])
def test_answer_to_another_origin_names_none_and_is_cached_apart(origin: str | None) -> None:
    answer = send("POST", origin)

    assert (answer.status, allowed(answer), answer.headers["Vary"]) == (200, None, "Origin")
