"""SageMaker's HTTP APIs: requests for what is not there."""

import asyncio
import json
from pathlib import Path

import pytest

from local_aws.sagemaker.http_api import SageMakerApi
from local_aws.sagemaker.scope import Scope
from tests.unit.local_aws.sagemaker.test_service import service


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/endpoints/mine/invocations-response-stream", "InvokeEndpointWithResponseStream"),
        ("/endpoints/mine/async-invocations", "InvokeEndpointAsync"),
    ],
)
def test_a_way_to_invoke_that_is_not_offered_is_named(
    tmp_path: Path, path: str, operation: str
) -> None:
    api = SageMakerApi(service(tmp_path), scope=Scope, require=lambda *_: None)
    _, _, body = asyncio.run(api.handle_request("POST", path, {}, b"{}", {}))
    error = json.loads(body)
    assert error["__type"] == "UnknownOperationException"
    assert f"does not offer SageMaker's {operation}" in error["message"]
