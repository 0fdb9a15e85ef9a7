"""The API's description says what the code does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambdas.sentiment_api import openapi
from lambdas.sentiment_api.access import Access, Authorization
from lambdas.sentiment_api.api import METHODS_OF_PATH, app
from lambdas.sentiment_api.limits import MAX_TEXT_CHARACTERS, MAX_TEXTS
from lambdas.sentiment_api.problems import ProblemKind
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import Api, event

KEY = Access(authorization="api-key")
COMMITTED = Path(__file__).parents[4] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    served: dict[str, Any] = Api().send(event("get_openapi")).json
    return served


def references(value: object) -> set[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_committed_document_is_the_codes() -> None:
    remedy = "run `python -m lambdas.sentiment_api.write_openapi > docs/openapi.json`"

    assert COMMITTED.read_text(encoding="utf-8") == openapi.render(app, KEY, server="/v1") + "\n", (
        remedy
    )


@pytest.mark.parametrize(
    ("path", "server"),
    [("/v1/openapi.json", "/v1"), ("/openapi.json", "/"), ("/a/b/openapi.json", "/a/b")],
)
def test_server_is_where_the_document_was_read(path: str, server: str) -> None:
    sent = event("get_openapi")
    sent["requestContext"]["path"] = path

    (found,) = Api().send(sent).json["servers"]

    assert found["url"] == server


def test_document_is_served_as_json() -> None:
    answer = Api().send(event("get_openapi"))

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")


def test_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")


def test_document_has_every_route_and_no_other(document: dict[str, Any]) -> None:
    routes = {
        path: method.upper() for path, methods in document["paths"].items() for method in methods
    }

    assert routes == {path: methods[0] for path, methods in METHODS_OF_PATH.items()}


def described(authorization: Authorization) -> Any:
    """The document of a tier that asks for this."""
    return json.loads(openapi.render(app, Access(authorization=authorization), server="/v1"))


@pytest.mark.parametrize(
    ("authorization", "security"),
    [("api-key", [{"ApiKey": []}]), ("iam", [{"SigV4": [], "ApiKey": []}])],
)
def test_only_labelling_asks_for_what_the_tier_asks_for(
    authorization: Authorization, security: object
) -> None:
    asked = {
        path: operation["security"]
        for path, operations in described(authorization)["paths"].items()
        for operation in operations.values()
        if "security" in operation
    }

    assert asked == {"/sentiment": security}


def test_an_open_tier_asks_for_nothing() -> None:
    document = described("none")

    assert "securitySchemes" not in document["components"]
    assert "security" not in document["paths"]["/sentiment"]["post"]
    assert "403" not in document["paths"]["/sentiment"]["post"]["responses"]


def test_api_key_is_sent_in_the_gateways_header(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}
    }


def test_a_signature_is_described_as_api_gateway_describes_it() -> None:
    scheme = described("iam")["components"]["securitySchemes"]["SigV4"]

    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


@pytest.mark.parametrize("path", METHODS_OF_PATH)
def test_every_route_has_the_gateways_throttle(document: dict[str, Any], path: str) -> None:
    (operation,) = document["paths"][path].values()

    assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_the_tier_alone_decides_what_its_document_says_of_access() -> None:
    assert "sign" in described("iam")["info"]["description"]
    assert "sign" not in described("api-key")["info"]["description"]


def test_document_states_the_limits(document: dict[str, Any]) -> None:
    instances = document["components"]["schemas"]["SentimentRequest"]["properties"]["instances"]

    assert (instances["minItems"], instances["maxItems"]) == (1, MAX_TEXTS)
    assert instances["items"]["maxLength"] == MAX_TEXT_CHARACTERS


def test_request_of_the_document_is_answered(document: dict[str, Any]) -> None:
    (example,) = document["components"]["schemas"]["SentimentRequest"]["examples"]

    assert Api().post(example).status == 200


def test_response_of_the_document_is_the_answer_to_its_request(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    (request,) = schemas["SentimentRequest"]["examples"]
    (response,) = schemas["SentimentResponse"]["examples"]

    assert Api().post(request).json == response


def test_problem_of_the_document_is_the_answer_to_an_empty_text(document: dict[str, Any]) -> None:
    (problem,) = document["components"]["schemas"]["ProblemDetails"]["examples"]

    assert Api().label("great", "").json == problem


def test_every_problem_of_labelling_is_documented(document: dict[str, Any]) -> None:
    responses = document["paths"]["/sentiment"]["post"]["responses"]
    not_of_this_route = {ProblemKind.NOT_FOUND, ProblemKind.METHOD_NOT_ALLOWED}
    kinds = set(ProblemKind) - not_of_this_route

    assert set(responses) == {"200", "403"} | {str(kind.status) for kind in kinds}


def test_problems_of_the_same_status_are_told_apart(document: dict[str, Any]) -> None:
    description = document["paths"]["/health"]["get"]["responses"]["503"]["description"]

    assert "/problems/unavailable" in description
    assert "/problems/model-needs-retraining" in description


def test_command_prints_the_committed_document() -> None:
    command = [sys.executable, "-m", "lambdas.sentiment_api.write_openapi"]
    printed = subprocess.run(command, cwd=COMMITTED.parents[1], capture_output=True, check=True)

    assert json.loads(printed.stdout) == json.loads(COMMITTED.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "method"), [("/sentiment", "post"), ("/health", "get")])
def test_every_problem_is_documented_as_problem_details(
    document: dict[str, Any], path: str, method: str
) -> None:
    responses = document["paths"][path][method]["responses"]
    del responses["200"]

    assert {
        (media_type, content["schema"]["$ref"])
        for response in responses.values()
        for media_type, content in response["content"].items()
    } == {("application/problem+json", "#/components/schemas/ProblemDetails")}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert references(document) <= schemas
