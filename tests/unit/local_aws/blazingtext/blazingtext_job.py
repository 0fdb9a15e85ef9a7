"""Runs the BlazingText programs on small generated text, as the control plane would."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HYPERPARAMETERS = {
    "mode": "supervised",
    "epochs": "5",
    "learning_rate": "0.5",
    "vector_dim": "4",
    "buckets": "1000",
    "min_count": "1",
}
TRAIN_PROGRAM = "local_aws.blazingtext.train"
SERVE_PROGRAM = "local_aws.blazingtext.serve"


def reviews(count: int, *, seed: int = 0) -> str:
    """Labelled lines that any classifier can tell apart."""
    source = random.Random(seed)  # noqa: S311 - repeatable text, not a secret
    words = {"positive": ("great", "lovely", "superb"), "negative": ("awful", "dull", "poor")}
    lines = []
    for number in range(count):
        label = ("positive", "negative")[number % 2]
        lines.append(f"__label__{label} a {source.choice(words[label])} film number {number % 7}\n")
    return "".join(lines)


@dataclass(frozen=True)
class JobResult:
    """What a job left behind."""

    status: int
    log: str
    failure: str | None


@dataclass(frozen=True)
class Job:
    """A directory that stands for /opt/ml."""

    root: Path

    @property
    def model_file(self) -> Path:
        return self.root / "model" / "model.bin"

    def start(
        self, program: str, *arguments: str, stderr: IO[bytes] | int = subprocess.STDOUT
    ) -> subprocess.Popen[bytes]:
        """Start one of the two programs, with a pipe on each standard stream."""
        return subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, "SM_ML_ROOT": str(self.root), "SM_NUM_CPUS": "1"},
        )

    def train(self) -> JobResult:
        """Run the train program to its end."""
        with self.start(TRAIN_PROGRAM) as process:
            assert process.stdout is not None
            # Standard input stays open until the program has ended by itself.
            log = process.stdout.read().decode()
            status = process.wait(60)
        failure = self.root / "output" / "failure"
        reason = failure.read_text(encoding="utf-8") if failure.exists() else None
        return JobResult(status, log, reason)


def make_job(
    root: Path,
    *,
    hyperparameters: Mapping[str, str] | None = None,
    train: str | None = None,
    validation: str | None = None,
) -> Job:
    """Lay out /opt/ml as SageMaker does; a channel without text is left out."""
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (root / "model").mkdir()
    channels = {"train": train, "validation": validation}
    given = {name: text for name, text in channels.items() if text is not None}
    for name, text in given.items():
        directory = root / "input" / "data" / name
        directory.mkdir(parents=True)
        (directory / f"{name}.txt").write_text(text, encoding="utf-8")
    channel_config = {"ContentType": "text/plain", "TrainingInputMode": "File"}
    for name, value in {
        "hyperparameters.json": HYPERPARAMETERS if hyperparameters is None else hyperparameters,
        "inputdataconfig.json": dict.fromkeys(given, channel_config),
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }.items():
        (config / name).write_text(json.dumps(value))
    return Job(root)
