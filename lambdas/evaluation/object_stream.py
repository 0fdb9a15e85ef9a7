"""Reads an S3 object of any size piece by piece, through broken connections."""

import io
import logging
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from urllib3.exceptions import HTTPError

from lambdas.custom_resource.aws_errors import http_status
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.inputs import StoredObject

BUFFER_BYTES: Final = 1024 * 1024
MAX_RECONNECTIONS: Final = 5

_BROKEN: Final = (HTTPClientError, IncompleteReadError, ResponseStreamingError, HTTPError, OSError)
"""botocore lets some errors of urllib3 and of the socket through while a body is read."""

logger = logging.getLogger(__name__)


def open_object(s3: S3, stored: StoredObject) -> io.BufferedReader:
    """Open an object for reading from its beginning to its end; to be closed.

    Reading raises:
        EvaluationError: the object was replaced meanwhile, or the connection keeps breaking.
    """
    return io.BufferedReader(_ObjectStream(s3, stored), BUFFER_BYTES)


class _ObjectStream(io.RawIOBase):
    """The bytes of one version of an object.

    botocore repeats a request that fails, but not the reading of its body: a model of
    2 GB takes half a minute, in which a connection may well break.
    """

    def __init__(self, s3: S3, stored: StoredObject) -> None:
        super().__init__()
        self._s3 = s3
        self._stored = stored
        self._body: Any = None
        self._read = 0
        self._reconnections = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the next piece reaches; 0 at the end."""
        if self._read >= self._stored.size:
            return 0
        while True:
            try:
                piece: bytes = self._opened().read(len(buffer))
                if piece:
                    break
                error: Exception = EOFError("the connection ended before the object did")
            except _BROKEN as broken:
                error = broken
            self._reconnect(error)
        buffer[: len(piece)] = piece
        self._read += len(piece)
        return len(piece)

    def close(self) -> None:
        self._drop()
        super().close()

    def _opened(self) -> Any:
        if self._body is None:
            stored = self._stored
            try:
                self._body = self._s3.get_object(
                    Bucket=stored.bucket,
                    Key=stored.key,
                    Range=f"bytes={self._read}-",
                    IfMatch=f'"{stored.etag}"',
                )["Body"]
            except ClientError as error:
                if http_status(error) not in {404, 412}:
                    raise
                raise EvaluationError(
                    f"{stored.key} was replaced or removed while it was read.",
                    after="Upload data under new keys (`python -m data_prep upload` does), and "
                    "deploy again.",
                ) from error
        return self._body

    def _reconnect(self, error: Exception) -> None:
        self._drop()
        self._reconnections += 1
        said = f"{type(error).__name__}: {error}"
        if self._reconnections > MAX_RECONNECTIONS:
            raise EvaluationError(
                f"The connection to S3 broke {self._reconnections} times while "
                f"{self._stored.key} was read:",
                detail=said,
                after="Deploy again.",
            ) from error
        logger.warning("Reading %s on from byte %d: %s", self._stored.key, self._read, said)

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
