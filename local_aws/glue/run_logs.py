"""What a run prints, in CloudWatch Logs while it runs."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

GROUP_PREFIX = "/aws-glue/jobs"
"""Where Glue writes unless `--custom-logGroup-prefix` says otherwise
(docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)."""
_READ_BYTES = 1 << 16

_log = logging.getLogger(__name__)


class LogStream:
    """A stream that comes into being with its first line, as Glue's do."""

    def __init__(self, client: Callable[[], Any], *, group: str, stream: str) -> None:
        self._new_client, self._names = client, {"logGroupName": group, "logStreamName": stream}
        self._client: Any = None
        self.denied: str | None = None
        """What IAM said when it refused a line, or None."""

    def write(self, lines: Sequence[str]) -> None:
        """Add lines; a log that cannot be written is noted, one that may not be in `denied`."""
        try:
            if self._client is None:
                self._client = self._created()
            now = int(time.time() * 1000)
            # CloudWatch Logs refuses empty messages.
            events = [{"timestamp": now, "message": line or " "} for line in lines]
            self._client.put_log_events(**self._names, logEvents=events)
        except (ClientError, BotoCoreError, OSError) as error:
            if "AccessDenied" in str(error):
                self.denied = str(error)
            _log.exception("cannot write to log group %s", self._names["logGroupName"])

    def _created(self) -> Any:
        client = self._new_client()
        group = {"logGroupName": self._names["logGroupName"]}
        for create, names in (
            (client.create_log_group, group),
            (client.create_log_stream, self._names),
        ):
            try:
                create(**names)
            except client.exceptions.ResourceAlreadyExistsException:
                continue
        return client


def follow(pipe: IO[bytes], write: Callable[[Sequence[str]], None]) -> None:
    """Hand on lines as they come, as many at a time as there are, until the pipe's end."""
    rest = b""
    while data := os.read(pipe.fileno(), _READ_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            write([line.decode("utf-8", errors="replace").rstrip("\r") for line in lines])
    if rest:
        write([rest.decode("utf-8", errors="replace")])
