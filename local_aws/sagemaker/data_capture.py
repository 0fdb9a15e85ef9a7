"""Data capture: a share of an endpoint's requests and answers, as lines of JSON in S3.

Source of the keys and the lines: "Capture data from real-time endpoint" (developer guide,
model-monitor-data-capture-endpoint.html). SageMaker writes a file within minutes; here it is
seconds.
"""

import base64
import json
import random
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import ExecutionRole

_INTERVAL_S = 2.0


@dataclass(frozen=True)
class CaptureSettings:
    """What one endpoint config captures, and as whom."""

    destination: str
    """The `s3://` URL below which the files lie."""
    share: float
    """Of the requests, 0 to 1."""
    modes: frozenset[str]
    """`Input`, `Output` or both."""
    role_arn: str | None

    @classmethod
    def of(cls, capture: Mapping[str, Any] | None, role_arn: str | None) -> "Self | None":
        """Read a DataCaptureConfig; None where nothing is captured.

        Args:
            capture: an endpoint config's.
            role_arn: the role of the config's model.
        """
        if not capture or not capture.get("EnableCapture"):
            return None
        asked = {option["CaptureMode"] for option in capture["CaptureOptions"]}
        both = {"Input", "Output"} if "InputAndOutput" in asked else set[str]()
        return cls(
            destination=capture["DestinationS3Uri"].rstrip("/"),
            share=capture["InitialSamplingPercentage"] / 100,
            modes=frozenset(both | (asked & {"Input", "Output"})),
            role_arn=role_arn,
        )

    def samples(self) -> bool:
        """Whether the next request is one of the share."""
        return random.random() < self.share  # noqa: S311


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    settings: CaptureSettings
    endpoint: str
    variant: str
    sent_type: str
    sent: bytes
    answer_type: str
    answer: bytes
    at: datetime

    def line(self) -> str:
        """As data capture writes it."""
        sides = {
            "Input": ("endpointInput", self.sent_type, "INPUT", self.sent),
            "Output": ("endpointOutput", self.answer_type, "OUTPUT", self.answer),
        }
        captured = {}
        for mode, (member, kind, name, content) in sides.items():
            if mode in self.settings.modes:
                data, encoding = _encoded(kind, content)
                captured[member] = {
                    "observedContentType": kind,
                    "mode": name,
                    "data": data,
                    "encoding": encoding,
                }
        event = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{self.at:%Y-%m-%dT%H:%M:%SZ}"}
        return json.dumps({"captureData": captured, "eventMetadata": event, "eventVersion": "0"})


class DataCapture:
    """Writes what was captured, on a thread that begins with the first of it."""

    def __init__(
        self, roles: Callable[[str], ExecutionRole], report: Callable[[str], None]
    ) -> None:
        """Capture nothing yet.

        Args:
            roles: assumes a model's execution role by ARN.
            report: takes one line for each event that a person cares about.
        """
        self._roles, self._report = roles, report
        self._waiting: deque[Exchange] = deque()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, exchange: Exchange) -> None:
        """Remember one; called on the warm path, by one thread."""
        self._waiting.append(exchange)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="data-capture", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what is left."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(10.0)

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL_S):
            self._write()
        self._write()

    def _write(self) -> None:
        files: dict[tuple[CaptureSettings, str, str], list[Exchange]] = defaultdict(list)
        while self._waiting:
            one = self._waiting.popleft()
            files[one.settings, one.endpoint, one.variant].append(one)
        for (settings, endpoint, variant), exchanges in files.items():
            now = datetime.now(UTC)
            name = f"{now:%Y/%m/%d/%H/%M-%S}-{now.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
            url = f"{settings.destination}/{endpoint}/{variant}/{name}"
            content = "".join(f"{one.line()}\n" for one in exchanges)
            try:
                self._roles(settings.role_arn or "").objects.put(url, content.encode())
            except SageMakerError as error:
                self._report(f"endpoint {endpoint}: nothing was captured: {error.message}")


def _encoded(content_type: str, content: bytes) -> tuple[str, str]:
    """Content as text, and how: JSON and CSV as they are, everything else in Base64."""
    kind = content_type.split(";", maxsplit=1)[0].strip()
    known = {"application/json": "JSON", "application/jsonlines": "JSON", "text/csv": "CSV"}
    try:
        if kind in known:
            return content.decode(), known[kind]
    except UnicodeDecodeError:
        pass
    return base64.b64encode(content).decode(), "BASE64"
