"""What an API refuses, and what fails behind it: the gateway's answers, in both kinds of tier.

Behind the API is no endpoint, which is one of the failures. The tests stand in the order of a
request's way; the last ones look into the logs of all before.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws.api_url import local_api_url
from tests.end_to_end.conftest import Aws, DeployedTier

TIER = "Refusals"
STACK = f"{TIER}-SentimentAnalysis"
CANARY = "zyzzyva-quixotry"
"""In texts and paths, and in no log."""
BODY = {"instances": [f"a film of {CANARY}"]}
PROBLEM = "application/problem+json"
ORIGIN = "https://app.example.com"
DOMAIN = "api.example.com"
KINDS: dict[str, dict[str, Any]] = {
    "iam": {
        "authorization": "iam",
        "access_logs": True,
        "tracing": True,
        "reserved_concurrency": 20,
        "firewall": True,
        "cors_origins": [ORIGIN, "http://localhost:3000"],
        "domain_name": DOMAIN,
    },
    "api-key": {"authorization": "api-key"},
}


@dataclass
class Kind:
    """An API of one kind, and how it is called."""

    aws: Aws
    url: str
    key: str
    signed: bool
    outputs: Mapping[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        path: str = "sentiment",
        method: str = "POST",
        *,
        data: bytes = json.dumps(BODY).encode(),
        keys: tuple[str, str] | None = None,
        api_key: str | None = None,
    ) -> requests.Response:
        """A request with all that the API asks for, unless the keys are others."""
        asked = path == "sentiment"
        sent = {"content-type": "application/json"}
        sent |= {"x-api-key": api_key or self.key} if asked else {}
        request = AWSRequest(method, self.url + path, data=data, headers=sent)
        if self.signed and asked:
            known = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            credentials = Credentials(*(keys or (self.aws.environment[name] for name in known)))
            SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        return self.session.request(
            method, request.url, data=data, headers=dict(request.headers.items()), timeout=60
        )

    @contextmanager
    def configured(self, **settings: Any) -> Iterator[None]:
        """Change the function for a while."""
        client, function = self.aws.client("lambda"), self.function
        before = client.get_function_configuration(FunctionName=function)
        client.update_function_configuration(FunctionName=function, **settings)
        try:
            yield
        finally:
            client.update_function_configuration(
                FunctionName=function,
                **{name: before[name] for name in settings},
            )

    def physical_id(self, kind: str) -> str:
        """Of the stack's only resource of a type."""
        client = self.aws.client("cloudformation")
        found = client.describe_stack_resources(StackName=STACK)
        (one,) = (r for r in found["StackResources"] if r["ResourceType"] == f"AWS::{kind}")
        return str(one["PhysicalResourceId"])

    @property
    def function(self) -> str:
        return self.physical_id("Lambda::Function")


@pytest.fixture(scope="module")
def tier(embedded_aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedTier]:
    """What an API needs to be deployed: the tier's bucket."""
    tier = DeployedTier(embedded_aws, tmp_path_factory.mktemp(TIER) / "cdk.out", Path())
    synthesize(tier, "iam")
    succeed(embedded_aws.run("cdk", "bootstrap", "--app", str(tier.assembly), "--no-notices"))
    succeed(tier.deploy(f"{TIER}-TrainingJob"))
    yield tier
    for stack in (STACK, f"{TIER}-TrainingJob"):
        succeed(tier.cdk("destroy", stack, "--exclusively", "--force"))


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, tier: DeployedTier) -> Iterator[Kind]:
    """The tier's API; of the second kind it becomes by an update."""
    asked = request.param
    synthesize(tier, asked)
    succeed(tier.deploy(STACK))
    outputs = tier.outputs(STACK)
    gateway = tier.aws.client("apigateway")
    key = gateway.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    url = local_api_url(tier.aws.url, TIER)
    made = Kind(tier.aws, url, key, asked == "iam", outputs)
    yield made
    made.session.close()


def synthesize(tier: DeployedTier, asked: str) -> None:
    api = dict(KINDS[asked])
    if "domain_name" in api:
        made = tier.aws.client("acm").request_certificate(DomainName=DOMAIN)
        api["certificate_arn"] = made["CertificateArn"]
    own = json.dumps({TIER: {"settings": "Sandbox", "api": api}})
    output = ("--quiet", "--output", str(tier.assembly))
    succeed(tier.aws.run("cdk", "synth", *output, "-c", f"tier={TIER}", "-c", f"tiers={own}"))


def succeed(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 0, result.stdout + result.stderr


def problem(answer: requests.Response) -> tuple[int, str]:
    """Status and title; each problem says its media type, its status, and what to do."""
    assert answer.headers["content-type"] == PROBLEM
    told = answer.json()
    assert told["detail"]
    assert told.get("status", answer.status_code) == answer.status_code
    return answer.status_code, told["title"]


# --- the caller -------------------------------------------------------------------------


def test_a_caller_without_credentials_is_told_which(kind: Kind) -> None:
    answer = kind.session.post(kind.url + "sentiment", json=BODY, timeout=60)
    if kind.signed:
        assert problem(answer) == (401, "Not signed")
        assert answer.headers["www-authenticate"] == "AWS4-HMAC-SHA256"
    else:
        assert problem(answer) == (403, "Missing or unknown API key")


def test_another_key_is_403(kind: Kind) -> None:
    answer = kind.call(api_key="guessed")
    assert problem(answer) == (403, "Missing or unknown API key")


def test_another_secret_and_another_principal_are_403(kind: Kind) -> None:
    if not kind.signed:
        pytest.skip("nobody signs")
    iam = kind.aws.client("iam")
    iam.create_user(UserName="nobody")
    made = iam.create_access_key(UserName="nobody")["AccessKey"]
    keys = (made["AccessKeyId"], made["SecretAccessKey"])

    assert problem(kind.call(keys=(keys[0], "wrong")))[0] == 403
    refused = kind.call(keys=keys)
    assert problem(refused) == (403, "Not allowed to call this API")
    assert "execute-api:Invoke" in refused.json()["detail"]

    iam.delete_access_key(UserName="nobody", AccessKeyId=keys[0])
    iam.delete_user(UserName="nobody")


# --- the request ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("sentiment", "PUT", "POST"),
        ("sentiment", "TRACE", "POST"),
        ("sentiment", "OPTIONS", "POST"),
        ("health", "POST", "GET, HEAD"),
        ("openapi.json", "TRACE", "GET, HEAD"),
    ],
)
def test_another_method_is_405_with_allow(kind: Kind, path: str, method: str, allow: str) -> None:
    answer = kind.call(path, method)
    assert (problem(answer)[0], answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["", CANARY, f"sentiment/{CANARY}"])
def test_another_path_is_404(kind: Kind, path: str) -> None:
    time.sleep(0.3)  # the route admits 5 a second
    assert problem(kind.call(path, "GET"))[0] == 404


def test_head_is_answered_without_a_body(kind: Kind) -> None:
    answer = kind.call("openapi.json", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("megabytes", [7, 11])
def test_a_body_that_lambda_or_the_gateway_refuses_is_413(kind: Kind, megabytes: int) -> None:
    assert problem(kind.call(data=b"x" * (megabytes << 20))) == (413, "Request too large")


def test_outline_that_is_wrong_is_400(kind: Kind) -> None:
    assert problem(kind.call(data=b'{"instances": []}')) == (400, "Invalid request body")


# --- what is behind ---------------------------------------------------------------------


def test_endpoint_that_is_not_there_is_503_with_retry_after(kind: Kind) -> None:
    answer = kind.call()
    assert problem(answer) == (503, "The model is not available")
    assert answer.headers["retry-after"] == "5"


def test_health_says_so_too(kind: Kind) -> None:
    answer = kind.call("health", "GET")
    assert (problem(answer)[0], answer.headers["retry-after"]) == (503, "5")


def test_function_that_is_throttled_is_503_with_retry_after(kind: Kind) -> None:
    client, function = kind.aws.client("lambda"), kind.function
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    answer = kind.call()
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=20)
    assert problem(answer) == (503, "The function takes no request")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param("no_such_module.handler", id="does not start"),
        pytest.param("os._exit", id="crashes"),
        pytest.param("operator.contains", id="answers what is no answer"),
    ],
)
def test_function_that_fails_is_502(kind: Kind, handler: str) -> None:
    with kind.configured(Handler=handler):
        answer = kind.call()
    assert problem(answer) == (502, "Server error")
    assert CANARY not in answer.text


# --- the rates --------------------------------------------------------------------------


def test_open_route_has_a_small_rate_of_its_own(kind: Kind) -> None:
    answers = [kind.call("openapi.json", "HEAD") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}


def test_labelling_has_the_tiers_rate(kind: Kind) -> None:
    assert {kind.call().status_code for _ in range(40)} == {503}


def test_used_up_quota_says_when_it_is_there_again(kind: Kind) -> None:
    client, plan = kind.aws.client("apigateway"), kind.physical_id("ApiGateway::UsagePlan")
    quota = {"op": "replace", "path": "/quota/limit", "value": "1"}
    client.update_usage_plan(usagePlanId=plan, patchOperations=[quota])
    kind.call()
    answer = kind.call()
    client.update_usage_plan(usagePlanId=plan, patchOperations=[quota | {"value": "10000"}])
    assert problem(answer) == (429, "Quota exceeded")
    assert answer.headers["retry-after"] == "3600"
    assert "00:00 UTC" in answer.json()["detail"]


def test_firewall_refuses_an_address_above_its_rate(kind: Kind) -> None:
    if not kind.signed:
        pytest.skip("it has none")
    client = kind.aws.client("wafv2")
    name, identity, scope = kind.physical_id("WAFv2::WebACL").split("|")
    at = {"Name": name, "Id": identity, "Scope": scope}

    def limit(rate: int) -> None:
        found = client.get_web_acl(**at)
        acl = {
            what: found["WebACL"][what] for what in ("DefaultAction", "VisibilityConfig", "Rules")
        }
        acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] = rate
        client.update_web_acl(**at, **acl, LockToken=found["LockToken"])

    limit(10)
    answer = kind.call()
    limit(2000)
    assert problem(answer) == (403, "Refused by the firewall")
    assert kind.call().status_code == 503


# --- other origins, and a domain --------------------------------------------------------


def test_pages_of_the_origins_may_call_and_read_refusals(kind: Kind) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    preflight = kind.session.options(kind.url + "sentiment", headers=asked, timeout=60)
    refused = kind.session.post(
        kind.url + "sentiment", json=BODY, headers={"Origin": ORIGIN}, timeout=60
    )
    allowed = [one.headers.get("access-control-allow-origin") for one in (preflight, refused)]
    if kind.signed:
        assert (preflight.status_code, allowed) == (204, [ORIGIN, ORIGIN])
    else:
        assert (preflight.status_code, allowed) == (405, [None, None])


def test_a_domain_has_no_stage_in_its_path(kind: Kind) -> None:
    if not kind.signed:
        pytest.skip("it has none")
    time.sleep(1)  # the route admits 5 a second
    answer = kind.session.get(kind.aws.url + "/openapi.json", headers={"Host": DOMAIN}, timeout=60)
    assert answer.json()["servers"][0]["url"] == "/"
    assert kind.outputs["ApiDomainUrl"] == f"https://{DOMAIN}/"


# --- the logs, after all of these -------------------------------------------------------


def messages(aws: Aws) -> Iterator[tuple[str, str]]:
    """Every line of every log group."""
    logs = aws.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            for found in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield from ((name, event["message"]) for event in found["events"])


def test_access_log_has_a_line_of_json_for_each_request(kind: Kind) -> None:
    lines = [json.loads(text) for group, text in messages(kind.aws) if "AccessLogs" in group]
    if kind.signed:
        seen = {(line["route"], line["status"], line["refusal"]) for line in lines}
        assert ("/sentiment", "401", "MISSING_AUTHENTICATION_TOKEN") in seen
        assert ("/sentiment", "429", "QUOTA_EXCEEDED") in seen
        assert ("/{proxy+}", "404", "-") in seen


def test_no_log_has_what_a_caller_wrote(kind: Kind) -> None:
    found = [*messages(kind.aws)]
    files = [*kind.aws.state.rglob("*.log")]
    assert found
    assert files
    assert not [text for _, text in found if CANARY in text]
    assert not [path for path in files if CANARY in path.read_text(errors="replace")]
