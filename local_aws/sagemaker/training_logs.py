"""Training logs in CloudWatch Logs, where SageMaker puts them."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

GROUP = "/aws/sagemaker/TrainingJobs"

# PutLogEvents takes at most 10,000 events (API reference); our lines are far from its 1 MB.
_BATCH = 10_000

_log = logging.getLogger(__name__)


class TrainingLogs:
    """Writes each job's lines to the stream `<job>/algo-1-<epoch seconds>`."""

    def __init__(self, client: Callable[[], Any]) -> None:
        """Use CloudWatch Logs; `client` gives a boto3 client for it."""
        self._client = client

    def publish(self, job: str, lines: Sequence[str]) -> None:
        """Write a job's lines. A log that cannot be written harms no job: it is only noted."""
        try:
            self._publish(job, lines)
        except (ClientError, BotoCoreError, OSError):
            _log.exception("cannot write the log of training job %s to %s", job, GROUP)

    def _publish(self, job: str, lines: Sequence[str]) -> None:
        client, now = self._client(), int(time.time() * 1000)
        stream = f"{job}/algo-1-{now // 1000}"
        for create, names in (
            (client.create_log_group, {"logGroupName": GROUP}),
            (client.create_log_stream, {"logGroupName": GROUP, "logStreamName": stream}),
        ):
            try:
                create(**names)
            except client.exceptions.ResourceAlreadyExistsException:
                continue
        # CloudWatch Logs refuses empty messages.
        events = [{"timestamp": now, "message": line or " "} for line in lines]
        for start in range(0, len(events), _BATCH):
            client.put_log_events(
                logGroupName=GROUP, logStreamName=stream, logEvents=events[start : start + _BATCH]
            )
