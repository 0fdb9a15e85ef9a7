"""What an endpoint's hosting allows of invocations: how large, and how many at once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local_aws.sagemaker.errors import SageMakerError

# InvokeEndpoint BodyBlob, in bytes (botocore's service model).
_MAXIMUM_BODY = 6_291_456
# "The maximum request and response payload size for serverless invocations is 4 MB"
# (docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html).
SERVERLESS_PAYLOAD = 4_194_304


class Invocations:
    """The invocations that are under way; used on one thread, the event loop's."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def admitted(
        self, endpoint: str, serverless: Mapping[str, Any] | None, body: bytes
    ) -> Iterator[None]:
        """Let an invocation in, and count it until it has its answer.

        Args:
            endpoint: the endpoint's name.
            serverless: its ServerlessConfig, or None on instances.
            body: what is sent.

        Raises:
            SageMakerError: `ValidationError` for a body that is too large,
                `ThrottlingException` beyond the endpoint's MaxConcurrency.
        """
        limit = SERVERLESS_PAYLOAD if serverless else _MAXIMUM_BODY
        if len(body) > limit:
            raise SageMakerError(
                "ValidationError",
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member"
                f" must have length less than or equal to {limit}",
            )
        if serverless and self._under_way[endpoint] >= serverless["MaxConcurrency"]:
            # "invocations beyond the maximum are throttled" (dg/serverless-endpoints.html)
            raise SageMakerError("ThrottlingException", "Rate exceeded")
        self._under_way[endpoint] += 1
        try:
            yield
        finally:
            self._under_way[endpoint] -= 1
