"""SageMaker's two HTTP APIs, as a handler for ministack.

Both sign with the credential scope `sagemaker`: the control plane is JSON 1.1
(`X-Amz-Target: SageMaker.CreateTrainingJob`), the runtime is
`POST /endpoints/{name}/invocations`.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from ministack.core.concurrency import run_reentrant

from local_aws.sagemaker import authorisation as permissions
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocations import Response, error_response, invoke_endpoint
from local_aws.sagemaker.roles import Need
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import SageMakerService

_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
_NOT_OFFERED = {
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "invocations-bidirectional-stream": "InvokeEndpointWithBidirectionalStream",
    "async-invocations": "InvokeEndpointAsync",
}
"""The runtime's other operations, by the ends of their paths."""
_TARGET_PREFIX = "SageMaker."


class SageMakerApi:
    """Answers every request that is signed for `sagemaker`."""

    def __init__(
        self,
        service: SageMakerService,
        scope: Callable[[], Scope],
        require: Callable[[Mapping[str, str], Need], None],
    ) -> None:
        """Serve the API.

        Args:
            service: where the resources are.
            scope: gives the account and region of the request that is being answered.
            require: takes a request's headers and a permission; raises `SageMakerError`
                (`AccessDeniedException`) when its caller does not have it.
        """
        self._service, self._scope, self._require = service, scope, require

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> Response:
        """Answer one request; the signature is that of a ministack service."""
        try:
            scope = self._scope()
            region = self._service.region(scope)
            if method == "POST" and (invocation := _INVOCATION.fullmatch(path)):
                # On the event loop, without a thread: this is the warm path.
                endpoint = unquote(invocation[1])
                self._require(headers, permissions.invocation(endpoint, scope))
                return await invoke_endpoint(region.plane, region.hosting, endpoint, headers, body)
            operation = _operation(path, headers)
            request = _parse(body)
            for need in permissions.needs(operation, request, scope):
                self._require(headers, need)
            # On a thread of its own, because CreateTrainingJob asks S3, which is served
            # by this very event loop.
            answer = await run_reentrant(region.plane.call, operation, request)
        except SageMakerError as error:
            return error_response(error)
        content = json.dumps(answer, default=_timestamp).encode()
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, content


def _operation(path: str, headers: Mapping[str, str]) -> str:
    """The control plane's operation that a request asks for.

    Raises:
        SageMakerError: it asks for one of the runtime's that is not offered.
    """
    if other := _NOT_OFFERED.get(path.rpartition("/")[2]):
        raise SageMakerError(
            "UnknownOperationException",
            f"The embedded AWS does not offer SageMaker's {other}: its endpoints answer"
            " InvokeEndpoint.",
        )
    return headers.get("x-amz-target", "").removeprefix(_TARGET_PREFIX)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise SageMakerError("SerializationException", "The request body is not a JSON object.")
    return request


def _timestamp(value: object) -> float:
    """JSON 1.1 writes timestamps as seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no JSON form")
