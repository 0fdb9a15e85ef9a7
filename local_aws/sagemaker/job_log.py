"""A training job's log in CloudWatch Logs, where SageMaker puts it, while the job runs."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import ExecutionRole

GROUP = "/aws/sagemaker/TrainingJobs"

# PutLogEvents takes at most 10,000 events (API reference); our lines are far from its 1 MB.
_BATCH = 10_000
_INTERVAL_S = 1.0

_log = logging.getLogger(__name__)


class JobLog:
    """The stream `<job>/algo-1-<epoch seconds>`; lines are there about a second after they came.

    A log that cannot be written harms no job, it is only noted; one that the execution role may
    not write fails it (see `training_access.py`).
    """

    def __init__(self, job: str, role: ExecutionRole) -> None:
        """Begin the log of a job, as its role.

        Raises:
            SageMakerError: `ClientError`: the role may not.
        """
        self._job, self._client = job, role.client("logs")
        stream = f"{job}/algo-1-{int(time.time())}"
        self._names = {"logGroupName": GROUP, "logStreamName": stream}
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._denied: SageMakerError | None = None
        self._closing = threading.Event()
        self._call(self._create)
        self._raise_if_denied()
        self._thread = threading.Thread(target=self._publish, name=f"log-{job}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Add a line."""
        # CloudWatch Logs refuses empty messages.
        event = {"timestamp": int(time.time() * 1000), "message": line or " "}
        with self._lock:
            self._lines.append(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Publish what is left.

        Raises:
            SageMakerError: `ClientError`: the role may not.
        """
        self._closing.set()
        self._thread.join()
        self._call(self._send)
        self._raise_if_denied()

    def _publish(self) -> None:
        while not self._closing.wait(_INTERVAL_S):
            self._call(self._send)

    def _create(self) -> None:
        client, group = self._client, {"logGroupName": GROUP}
        try:
            client.create_log_group(**group)
        except client.exceptions.ResourceAlreadyExistsException:
            _log.debug("%s exists", GROUP)
        known = client.describe_log_streams(
            logGroupName=GROUP, logStreamNamePrefix=self._names["logStreamName"]
        )
        if not known["logStreams"]:
            client.create_log_stream(**self._names)

    def _send(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        for start in range(0, len(lines), _BATCH):
            self._client.put_log_events(**self._names, logEvents=lines[start : start + _BATCH])

    def _call(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDeniedException":
                reason = f"Failed to write the log of the job: {error}"
                self._denied = SageMakerError("ClientError", reason)
            _log.exception("cannot write the log of training job %s to %s", self._job, GROUP)
        except (BotoCoreError, OSError):
            _log.exception("cannot write the log of training job %s to %s", self._job, GROUP)

    def _raise_if_denied(self) -> None:
        if self._denied is not None:
            raise self._denied
