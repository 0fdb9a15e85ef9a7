"""A JSON 1.1 service of AWS's, as a handler for ministack."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocations import Response, error_response
from local_aws.sagemaker.validation import check_request, service_model

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]


class JsonApi:
    """Answers requests from a table of operations; each is checked against botocore's model."""

    def __init__(self, service: str, operations: Callable[[], Mapping[str, Operation]]) -> None:
        """Serve a service.

        Args:
            service: its name in botocore.
            operations: gives the operations of the account and region that is asked.
        """
        self._service, self._operations = service, operations
        self.target_prefix = f"{service_model(service).metadata['targetPrefix']}."

    async def handle_request(
        self,
        _method: str,
        _path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> Response:
        """Answer one request; the signature is that of a ministack service."""
        operation = headers.get("x-amz-target", "").removeprefix(self.target_prefix)
        try:
            answer = self._answer(operation, body)
        except SageMakerError as error:
            return error_response(error)
        content = json.dumps(answer, default=_timestamp).encode()
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, content

    def _answer(self, operation: str, body: bytes) -> dict[str, Any]:
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            raise SageMakerError("SerializationException", "The request body is no JSON.") from None
        check_request(operation, request, service=self._service)
        operations = self._operations()
        if operation not in operations:
            raise SageMakerError(
                "UnknownOperationException",
                f"The embedded AWS does not offer {self._service}'s {operation}; it offers"
                f" {', '.join(sorted(operations))}.",
            )
        return operations[operation](request)


def _timestamp(value: object) -> float:
    """JSON 1.1 writes timestamps as seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no JSON form")
