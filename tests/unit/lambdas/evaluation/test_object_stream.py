"""An object is read to its end through broken connections, and never mixed with another."""

import io
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError, ResponseStreamingError
from urllib3.exceptions import ProtocolError

from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.object_stream import MAX_RECONNECTIONS, open_object
from tests.unit.lambdas.evaluation.evaluation_harness import Bucket, stored

CONTENT = bytes(range(256)) * 40
BROKEN = [
    ReadTimeoutError(endpoint_url="https://s3"),
    ResponseStreamingError(error="broken"),
    ProtocolError("Connection broken"),
    ConnectionResetError(104, "reset"),
    None,
]
"""None: the connection ends without an error before the object does."""


class Breaking(io.BytesIO):
    """Gives 1,000 bytes, and then breaks."""

    def __init__(self, content: bytes, error: Exception | None) -> None:
        super().__init__(content)
        self._error = error
        self._given = 0

    def read(self, size: int | None = -1) -> bytes:
        if self._given:
            if self._error is not None:
                raise self._error
            return b""
        self._given = 1
        return super().read(1_000)


class BreakingBucket(Bucket):
    """Breaks the first connections."""

    def __init__(self, error: Exception | None, times: int) -> None:
        super().__init__()
        self.put("key", CONTENT)
        self.error, self.times = error, times
        self.ranges: list[str] = []

    def get_object(self, **request: Any) -> dict[str, Any]:
        answer = super().get_object(**request)
        self.ranges.append(request["Range"])
        if len(self.ranges) <= self.times:
            return {"Body": Breaking(answer["Body"].getvalue(), self.error)}
        return answer


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_reading_goes_on_where_the_connection_broke(error: Exception | None) -> None:
    bucket = BreakingBucket(error, times=3)
    with open_object(bucket, stored(bucket, "key")) as stream:
        assert stream.read() == CONTENT
    assert bucket.ranges == ["bytes=0-", "bytes=1000-", "bytes=2000-", "bytes=3000-"]


def test_connection_that_keeps_breaking_is_given_up() -> None:
    bucket = BreakingBucket(ConnectionResetError(104, "reset"), times=99)
    with (
        open_object(bucket, stored(bucket, "key")) as stream,
        pytest.raises(EvaluationError, match=r"broke 6 times .* ConnectionResetError"),
    ):
        stream.read()
    assert len(bucket.ranges) == MAX_RECONNECTIONS + 1


def test_object_that_is_replaced_meanwhile_is_not_mixed_with_its_successor() -> None:
    bucket = BreakingBucket(ConnectionResetError(104, "reset"), times=1)
    with open_object(bucket, stored(bucket, "key")) as stream:
        assert stream.read1(1_000) == CONTENT[:1_000]
        bucket.put("key", b"another" * 2_000)
        with pytest.raises(EvaluationError, match="replaced or removed while it was read"):
            stream.read()


def test_closing_closes_the_connection() -> None:
    bucket = Bucket()
    bucket.put("key", CONTENT)
    bodies = []
    original = bucket.get_object

    def remember(**request: Any) -> dict[str, Any]:
        answer = original(**request)
        bodies.append(answer["Body"])
        return answer

    bucket.get_object = remember  # type: ignore[method-assign]
    with open_object(bucket, stored(bucket, "key")) as stream:
        stream.readline()
    assert [body.closed for body in bodies] == [True]
