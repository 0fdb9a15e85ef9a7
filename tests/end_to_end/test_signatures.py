"""SigV4 on the embedded AWS: a request passes only as it was signed."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.end_to_end.conftest import Aws

BODY = b'{"instances": ["made up"]}'


@pytest.fixture(scope="module")
def url(embedded_aws: Aws) -> Iterator[str]:
    """A REST API with one method, which asks for a signature (AWS_IAM)."""
    client = embedded_aws.client("apigateway")
    api = client.create_rest_api(name="signed")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    client.put_method(**method, authorizationType="AWS_IAM")
    client.put_integration(
        **method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    client.put_method_response(**method, statusCode="200")
    client.put_integration_response(**method, statusCode="200")
    client.create_deployment(restApiId=api, stageName="v1")
    yield f"{embedded_aws.url}/_aws/execute-api/{api}/v1/"
    client.delete_rest_api(restApiId=api)


def signed(
    url: str,
    aws: Aws,
    *,
    secret: str | None = None,
    region: str = "us-east-1",
    service: str = "execute-api",
) -> AWSRequest:
    credentials = Credentials(
        aws.environment["AWS_ACCESS_KEY_ID"], secret or aws.environment["AWS_SECRET_ACCESS_KEY"]
    )
    request = AWSRequest("POST", url, data=BODY, headers={"content-type": "application/json"})
    SigV4Auth(credentials, service, region).add_auth(request)
    return request


def status(request: AWSRequest, body: bytes = BODY) -> tuple[int, Any]:
    sent = urllib.request.Request(  # noqa: S310 - the URL is our own
        request.url, data=body, headers=dict(request.headers.items()), method="POST"
    )
    try:
        with urllib.request.urlopen(sent, timeout=10) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def test_signed_request_passes(embedded_aws: Aws, url: str) -> None:
    assert status(signed(url, embedded_aws))[0] == 200


def test_request_without_a_signature_is_refused(url: str) -> None:
    request = AWSRequest("POST", url, data=BODY, headers={"content-type": "application/json"})
    assert status(request) == (403, {"message": "Missing Authentication Token"})


def test_another_secret_is_refused(embedded_aws: Aws, url: str) -> None:
    code, answer = status(signed(url, embedded_aws, secret="wrong"))
    assert code == 403
    assert "signature" in answer["message"]


def test_body_that_was_not_signed_is_refused(embedded_aws: Aws, url: str) -> None:
    assert status(signed(url, embedded_aws), BODY + b" ")[0] == 403


def test_another_region_is_refused(embedded_aws: Aws, url: str) -> None:
    message = "Credential should be scoped to a valid region, not 'eu-west-1'. "
    assert status(signed(url, embedded_aws, region="eu-west-1")) == (403, {"message": message})


def test_another_service_is_refused(embedded_aws: Aws, url: str) -> None:
    message = "Credential should be scoped to correct service: 'execute-api'. "
    assert status(signed(url, embedded_aws, service="s3")) == (403, {"message": message})


def test_signature_of_an_hour_ago_is_refused(
    embedded_aws: Aws, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: past)
    assert status(signed(url, embedded_aws))[0] == 403


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("sagemaker", "list_models", "InvalidSignatureException"),
        ("cloudformation", "list_stacks", "SignatureDoesNotMatch"),
        ("ssm", "describe_parameters", "InvalidSignatureException"),
        ("cloudwatch", "list_metrics", "SignatureDoesNotMatch"),
    ],
)
def test_every_service_refuses_another_secret(
    embedded_aws: Aws, service: str, operation: str, code: str
) -> None:
    client = boto3.client(
        service,
        endpoint_url=embedded_aws.url,
        region_name="us-east-1",
        aws_access_key_id=embedded_aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="wrong",
    )
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    assert refused.value.response["Error"]["Code"] == code
