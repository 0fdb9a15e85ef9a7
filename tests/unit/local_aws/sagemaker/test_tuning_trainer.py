"""Tuning jobs whose training jobs are processes."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.process_trainer import BLAZINGTEXT_TRAIN, ProcessTrainer
from local_aws.sagemaker.tuning_alarm import daemon_alarm
from tests.manual_sagemaker import ManualHosting
from tests.unit.local_aws.blazingtext.blazingtext_job import HYPERPARAMETERS, reviews
from tests.unit.local_aws.sagemaker.test_training import TRAIN, FolderRole, FolderStore
from tests.unit.local_aws.sagemaker.tuning_request import (
    FLOATS,
    NAME,
    config,
    definition,
    limits,
    tuning_request,
)

EPOCHS = [{"Name": "epochs", "MinValue": "1", "MaxValue": "8"}]
SLEEP = [{"Name": "sleep", "MinValue": "30", "MaxValue": "40"}]


class Site:
    """A control plane whose tuning jobs train with real processes."""

    def __init__(self, root: Path, program: Sequence[str]) -> None:
        self.objects = FolderStore(root / "s3")
        self.events: list[str] = []
        self.trainer = ProcessTrainer(
            roles=FolderRole(self.objects),  # type: ignore[arg-type]
            directory=root / "training",
            report=self.events.append,
            program=program,
        )
        self.plane = ControlPlane(
            trainer=self.trainer, hosting=ManualHosting(), report=self.events.append
        )
        self.objects.put("s3://data/train.txt", reviews(200).encode())
        self.objects.put("s3://data/validation.txt", reviews(50, seed=1).encode())

    def begin(self, *, jobs: int, static: dict[str, str], **ranges: Any) -> None:
        channels = [
            {
                "ChannelName": name,
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}.txt"}
                },
            }
            for name in ("train", "validation")
        ]
        request = tuning_request(
            HyperParameterTuningJobConfig=config(
                ResourceLimits=limits(jobs, 2, MaxRuntimeInSeconds=600), ParameterRanges=ranges
            ),
            TrainingJobDefinition=definition(
                StaticHyperParameters=static, InputDataConfig=channels
            ),
        )
        self.plane.call("CreateHyperParameterTuningJob", request)

    def call(self, operation: str) -> dict[str, Any]:
        return self.plane.call(operation, {"HyperParameterTuningJobName": NAME})

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, self.events
            time.sleep(0.02)

    def finish(self) -> dict[str, Any]:
        self.wait_until(lambda: self.status() not in {"InProgress", "Stopping"})
        return self.call("DescribeHyperParameterTuningJob")

    def status(self) -> str:
        described = self.call("DescribeHyperParameterTuningJob")
        return str(described["HyperParameterTuningJobStatus"])

    def are_training(self, count: int) -> bool:
        rows = self.plane.call("ListTrainingJobs", {})["TrainingJobSummaries"]
        return [row["SecondaryStatus"] for row in rows].count("Training") == count

    def close(self) -> None:
        self.plane.tuning_jobs.close()
        self.trainer.close()


Tuned = tuple[Site, dict[str, Any]]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """A finished tuning job that trained BlazingText, and its description."""
    site = Site(tmp_path_factory.mktemp("tuning"), BLAZINGTEXT_TRAIN)
    tuned_names = {"epochs", "learning_rate"}
    static = {name: value for name, value in HYPERPARAMETERS.items() if name not in tuned_names}
    site.begin(
        jobs=4, static=static, IntegerParameterRanges=EPOCHS, ContinuousParameterRanges=FLOATS
    )
    described = site.finish()
    site.close()
    return site, described


def test_a_tuning_job_trains_as_many_models_as_asked(tuned: Tuned) -> None:
    site, described = tuned
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == 4
    assert len(list((site.objects.root / "data/models").iterdir())) == 4


def test_the_best_training_job_has_the_best_accuracy_of_all(tuned: Tuned) -> None:
    site, described = tuned
    operation = "ListTrainingJobsForHyperParameterTuningJob"
    rows = site.call(operation)["TrainingJobSummaries"]
    accuracies = [row["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for row in rows]
    best = described["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert best == max(accuracies)


def test_the_best_training_job_is_one_to_deploy(tuned: Tuned) -> None:
    site, described = tuned
    best = described["BestTrainingJob"]
    job = site.plane.call("DescribeTrainingJob", {"TrainingJobName": best["TrainingJobName"]})
    assert site.objects.keys(job["ModelArtifacts"]["S3ModelArtifacts"]) != []
    assert best["TunedHyperParameters"].items() <= job["HyperParameters"].items()


def test_people_see_the_events_in_their_order(tuned: Tuned) -> None:
    site, described = tuned
    first, last = site.events[0], site.events[-1]
    assert first == f"tuning job {NAME} started (4 training jobs, 2 at a time)"
    best = described["BestTrainingJob"]["TrainingJobName"]
    assert last.startswith(f"tuning job {NAME} completed: best {best}, validation:accuracy ")
    running = 0
    for event in site.events[1:-1]:
        running += event.endswith(" started")
        running -= " completed: validation accuracy " in event
        assert 0 <= running <= 2


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[Site]:
    """A tuning job with two training jobs that take half a minute, and more to come."""
    site = Site(tmp_path, TRAIN)
    site.begin(jobs=5, static={}, IntegerParameterRanges=SLEEP)
    site.wait_until(lambda: site.are_training(2) and len(training_processes()) == 2)
    yield site
    site.close()


def training_processes() -> list[str]:
    """Of this process."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return [line for line in listed.splitlines() if Path(TRAIN[1]).name in line]


def our_threads() -> list[str]:
    """Of training jobs and of alarms."""
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith("training-") or "Timer" in name]


def test_a_stopped_tuning_job_leaves_no_process(sleeping: Site) -> None:
    sleeping.call("StopHyperParameterTuningJob")
    described = sleeping.finish()
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["TrainingJobStatusCounters"]["Stopped"] == 2
    assert training_processes() == []


def test_closing_during_a_tuning_leaves_no_process_and_no_thread(sleeping: Site) -> None:
    sleeping.close()
    sleeping.wait_until(lambda: our_threads() == [])
    assert training_processes() == []
    starts = [event for event in sleeping.events if event.endswith(" started")]
    assert len(starts) == 2


def test_an_alarm_goes_off() -> None:
    gone_off = threading.Event()
    daemon_alarm(0.01, gone_off.set)
    assert gone_off.wait(10)


def test_an_alarm_that_is_called_off_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    call_off = daemon_alarm(3600, lambda: None)
    [thread] = set(threading.enumerate()) - before
    assert thread.daemon
    call_off()
    thread.join(10)
    assert not thread.is_alive()
