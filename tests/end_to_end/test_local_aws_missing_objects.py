"""S3 says that an object is missing to whoever may list its bucket, and to nobody else."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.conftest import Aws

BUCKET, USER = "missing-objects", "looks-for-objects"


@pytest.fixture(scope="module")
def allowed(embedded_aws: Aws) -> Iterator[Callable[..., Any]]:
    """`allowed(*actions)`: S3 for a user who may do these, and nothing else."""
    iam, s3 = embedded_aws.client("iam"), embedded_aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    iam.create_user(UserName=USER)
    keys = iam.create_access_key(UserName=USER)["AccessKey"]

    def client(*actions: str) -> Any:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=USER, PolicyName="some", PolicyDocument=policy)
        return boto3.client(
            "s3",
            endpoint_url=embedded_aws.url,
            region_name=embedded_aws.environment["AWS_DEFAULT_REGION"],
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
        )

    yield client
    iam.delete_user_policy(UserName=USER, PolicyName="some")
    iam.delete_access_key(UserName=USER, AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName=USER)
    s3.delete_bucket(Bucket=BUCKET)


def refusal(call: Callable[..., object]) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, Key="nothing")
    error: dict[str, str] = caught.value.response["Error"]
    return error


def test_who_may_list_is_told(allowed: Callable[..., Any]) -> None:
    s3 = allowed("s3:GetObject", "s3:ListBucket")
    assert (refusal(s3.get_object)["Code"], refusal(s3.head_object)["Code"]) == ("NoSuchKey", "404")


def test_who_may_not_list_is_refused(allowed: Callable[..., Any]) -> None:
    s3 = allowed("s3:GetObject")
    assert (refusal(s3.get_object)["Code"], refusal(s3.head_object)["Code"]) == (
        "AccessDenied",
        "403",
    )


def test_refusal_names_the_permission(allowed: Callable[..., Any]) -> None:
    assert "s3:ListBucket" in refusal(allowed("s3:GetObject").get_object)["Message"]
