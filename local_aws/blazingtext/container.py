"""The directory that SageMaker mounts at /opt/ml, as the training program sees it.

Layout: "How Amazon SageMaker Provides Training Information" in the SageMaker
developer guide.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from local_aws.blazingtext.errors import TrainingError

# SageMaker takes this much of /opt/ml/output/failure as the job's FailureReason.
_FAILURE_CHARACTERS = 1024
_MOUNT = PurePosixPath("/opt/ml")
_LABEL = re.compile(rb"(?:^|\s)__label__\S")
_CHUNK_BYTES = 1 << 24
_FILES_NAMED = 3


@dataclass(frozen=True)
class ChannelFile:
    """The one text file of an input channel."""

    path: Path
    shown: str
    """Where the container would see it, for log lines and messages."""
    size: int
    """In bytes; above 0."""
    tokens: int
    """Words, labels and line ends, given that single spaces separate the tokens."""


class Container:
    """Paths, inputs and outputs of one training job."""

    def __init__(self, root: Path) -> None:
        """Use `root` as /opt/ml."""
        self._root = root
        self.model_file = root / "model" / "model.bin"

    @property
    def root(self) -> Path:
        """The directory that stands for /opt/ml."""
        return self._root

    def hyperparameters(self) -> dict[str, str]:
        """The job's hyperparameters, all of them strings.

        Raises:
            TrainingError: the file is missing, or is not an object of strings.
        """
        values = self._config("hyperparameters.json")
        if wrong := sorted(k for k, v in values.items() if not isinstance(v, str)):
            raise TrainingError(
                f"hyperparameters.json must hold strings only, but {wrong[0]} is"
                f" {json.dumps(values[wrong[0]])[:60]}"
            )
        return values

    def require_one_host(self) -> None:
        """Refuse what supervised mode cannot do: train on several instances.

        Raises:
            TrainingError: the resource config names more than one host.
        """
        hosts = self._config("resourceconfig.json").get("hosts", [])
        if len(hosts) > 1:
            raise TrainingError(
                f"mode supervised trains on a single instance, but InstanceCount is {len(hosts)}"
            )

    def channel_file(self, name: str) -> ChannelFile | None:
        """The file of a channel that supervised mode reads; None if the job has no such channel.

        Raises:
            TrainingError: the channel is not in File mode, does not hold exactly one
                file, or its file is empty or has no `__label__`.
        """
        config = self._config("inputdataconfig.json")
        if name not in config:
            return None
        mode = config[name].get("TrainingInputMode", "File")
        if mode != "File":
            raise TrainingError(f"channel {name} has TrainingInputMode {mode}, only File is read")
        directory = self._root / "input" / "data" / name
        files = sorted(path for path in directory.rglob("*") if path.is_file())
        if not files:
            raise TrainingError(f"channel {name} is empty: no file in {self._shown(directory)}")
        if len(files) > 1:
            names = ", ".join(path.name for path in files[:_FILES_NAMED])
            raise TrainingError(
                f"channel {name} holds {len(files)} files ({names}"
                f"{', …' if len(files) > _FILES_NAMED else ''}): concatenate them into one"
            )
        return self._inspected(files[0], channel=name)

    def write_failure(self, reason: str) -> None:
        """Leave the reason where SageMaker looks for it, in at most 1,024 characters."""
        failure = self._root / "output" / "failure"
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(reason[:_FAILURE_CHARACTERS], encoding="utf-8")

    def _config(self, name: str) -> dict[str, Any]:
        path = self._root / "input" / "config" / name
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self._shown(path)} cannot be read: {error}") from error
        if not isinstance(value, dict):
            raise TrainingError(f"{self._shown(path)} must hold a JSON object")
        return value

    def _inspected(self, path: Path, *, channel: str) -> ChannelFile:
        shown, size = self._shown(path), path.stat().st_size
        if size == 0:
            raise TrainingError(f"channel {channel} is empty: {shown} has no content")
        tokens, labelled, end_of_last = 0, False, b""
        for chunk in _chunks(path):
            tokens += chunk.count(b" ") + 2 * chunk.count(b"\n")
            labelled = labelled or _LABEL.search(end_of_last + chunk) is not None
            # Long enough for a label that straddles two chunks.
            end_of_last = chunk[-len(b" __label__") :]
        if not labelled:
            raise TrainingError(f"channel {channel} has no line with a __label__ in {shown}")
        return ChannelFile(path, shown, size, tokens)

    def _shown(self, path: Path) -> str:
        return str(_MOUNT / path.relative_to(self._root).as_posix())


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
