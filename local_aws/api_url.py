"""Where a deployed REST API answers on the embedded AWS.

CDK prints the amazonaws.com URL that the template computes; on loopback the API is
reached through a path of the embedded AWS's own port.
"""

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError
from botocore.session import get_session

from local_aws.environment import client_environment
from local_aws.errors import NoApiError
from tier_layout.names import TierNames

# A session variable's place in the config file, its environment variables, its default, and
# how to convert it: read from nowhere.
_NO_PROFILE = (None, None, None, None)


def boto3_client(url: str, service: str) -> Any:
    """A boto3 client for the embedded AWS at `url`."""
    environment = client_environment(url)
    # No profile: the user's AWS_PROFILE may name one that does not exist here.
    session = boto3.session.Session(botocore_session=get_session({"profile": _NO_PROFILE}))
    return session.client(
        service,
        endpoint_url=url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def local_api_url(url: str, tier: str) -> str:
    """The loopback URL of a tier's sentiment API; see `stack_api_url`."""
    return stack_api_url(url, TierNames(tier).sentiment_analysis)


def stack_api_url(url: str, stack: str) -> str:
    """The loopback URL of a stack's REST API, with its stage and a slash at the end.

    Args:
        url: the embedded AWS's own URL.
        stack: the stack's name.

    Raises:
        NoApiError: there is no such stack, or it has no REST API.
    """
    cloudformation = boto3_client(url, "cloudformation")
    try:
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError:
        stacks = sorted(row["StackName"] for row in cloudformation.describe_stacks()["Stacks"])
        known = f"there are: {', '.join(stacks)}" if stacks else "there are none yet"
        raise NoApiError(f"There is no stack {stack!r}; {known}.") from None
    apis = [row for row in resources if row["ResourceType"] == "AWS::ApiGateway::RestApi"]
    if not apis:
        raise NoApiError(f"The stack {stack!r} has no REST API.")
    api = apis[0]["PhysicalResourceId"]
    stage = boto3_client(url, "apigateway").get_stages(restApiId=api)["item"][0]["stageName"]
    return f"http://localhost:{urlsplit(url).port}/_aws/execute-api/{api}/{stage}/"
