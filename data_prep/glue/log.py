"""What a run of the Glue job prints, from CloudWatch Logs."""

from typing import Any, Protocol

from botocore.exceptions import ClientError


class LogsClient(Protocol):
    """What is used of boto3's CloudWatch Logs client."""

    def describe_log_streams(
        self,
        *,
        logGroupName: str,  # noqa: N803
        logStreamNamePrefix: str,  # noqa: N803
    ) -> dict[str, Any]:
        """The streams of a group whose names start so."""

    def get_log_events(self, **names: Any) -> dict[str, Any]:
        """Lines, and the token of what comes after them."""


class RunLog:
    """The stream that bears the name of the run."""

    def __init__(self, logs: LogsClient, group: str, run_id: str) -> None:
        self._logs, self._group, self._run_id = logs, group, run_id
        self._names: dict[str, str] = {}

    def new_lines(self) -> list[str]:
        """What was printed since the last call; nothing where the log cannot be read (yet)."""
        try:
            return self._new_lines()
        except ClientError:
            # The log is a convenience: the outcome says what matters.
            return []

    def _new_lines(self) -> list[str]:
        lines: list[str] = []
        if not self._names:
            found = self._logs.describe_log_streams(
                logGroupName=self._group, logStreamNamePrefix=self._run_id
            )
            names = {stream["logStreamName"] for stream in found["logStreams"]}
            # The driver's; there are others of the executors.
            own = [name for name in (self._run_id, f"{self._run_id}-driver") if name in names]
            if not own:
                return lines
            self._names = {"logGroupName": self._group, "logStreamName": own[0]}
        while True:
            answer = self._logs.get_log_events(**self._names, startFromHead=True)
            lines += [event["message"].rstrip("\n") for event in answer["events"]]
            # The same token again: there is no more.
            if answer["nextForwardToken"] == self._names.get("nextToken"):
                return lines
            self._names["nextToken"] = answer["nextForwardToken"]
