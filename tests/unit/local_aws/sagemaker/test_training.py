"""Training jobs as real processes, with a program that stands for the container."""

import io
import json
import shutil
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError, access_denied
from local_aws.sagemaker.object_store import split_url
from local_aws.sagemaker.process_trainer import ProcessTrainer, failure_reason
from local_aws.sagemaker.training_log import TrainingLog
from tests.manual_sagemaker import ManualHosting
from tests.unit.local_aws.sagemaker.test_control_plane import job_request

TRAIN = (sys.executable, str(Path(__file__).parents[3] / "stand_in_train.py"))


class FolderStore:
    """S3 as a directory: the bucket's name, then the key."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, url: str, content: bytes) -> None:
        path = self.root.joinpath(*split_url(url))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def keys(self, url: str) -> list[str]:
        bucket, prefix = split_url(url)
        files = (path for path in (self.root / bucket).rglob("*") if path.is_file())
        keys = (str(path.relative_to(self.root / bucket)) for path in files)
        return sorted(key for key in keys if key.startswith(prefix))

    def download_prefix(self, url: str, directory: Path) -> list[Path]:
        bucket, _ = split_url(url)
        paths = [self.root / bucket / key for key in self.keys(url)]
        return [Path(shutil.copy(path, directory)) for path in paths]

    def download(self, url: str, target: Path) -> None:
        source = self.root.joinpath(*split_url(url))
        if not source.exists():
            raise SageMakerError("ClientError", f"Failed to download {url}: 404")
        shutil.copy(source, target)

    def upload(self, source: Path, url: str) -> None:
        self.put(url, source.read_bytes())


class FolderRole:
    """An execution role that may do everything but what it lacks, where S3 is a directory."""

    def __init__(self, objects: FolderStore) -> None:
        self.objects, self.aws, self.lacks = objects, MagicMock(), ""
        self.aws.logs.exceptions.ResourceAlreadyExistsException = LookupError

    def __call__(self, role_arn: str) -> Self:
        return self

    def client(self, service: str) -> Any:
        return getattr(self.aws, service)

    def pull(self, image: str) -> None:
        if self.lacks:
            raise access_denied(self.lacks, image, "role")

    def published(self) -> list[str]:
        """The lines that are in CloudWatch Logs."""
        calls = self.aws.logs.put_log_events.call_args_list
        return [event["message"] for call in calls for event in call.kwargs["logEvents"]]


class Site:
    """A control plane whose jobs are real processes."""

    def __init__(self, root: Path) -> None:
        self.objects = FolderStore(root / "s3")
        self.events: list[str] = []
        self.role = FolderRole(self.objects)
        self.scratch = root / "training"
        self.trainer = ProcessTrainer(
            roles=self.role,  # type: ignore[arg-type]
            directory=self.scratch,
            report=self.events.append,
            program=TRAIN,
        )
        self.plane = ControlPlane(trainer=self.trainer, hosting=ManualHosting())
        self.objects.put("s3://data/train.txt", b"__label__a good\n")

    def train(self, maximum_s: int = 60, **hyperparameters: str) -> dict[str, Any]:
        self.start(maximum_s, **hyperparameters)
        return self.finish()

    def start(self, maximum_s: int = 60, **hyperparameters: str) -> None:
        condition = {"MaxRuntimeInSeconds": maximum_s}
        request = job_request(StoppingCondition=condition, HyperParameters=hyperparameters)
        self.plane.call("CreateTrainingJob", request)

    def finish(self) -> dict[str, Any]:
        return self.wait_for("Completed", "Failed", "Stopped")

    def wait_for(self, *statuses: str) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            job = self.plane.call("DescribeTrainingJob", {"TrainingJobName": "My-Job"})
            if job["TrainingJobStatus"] in statuses or job["SecondaryStatus"] in statuses:
                return job
            time.sleep(0.02)
        raise AssertionError(f"the job never became {statuses}")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.trainer.close()


def test_a_job_goes_through_sagemakers_states(site: Site) -> None:
    rows = site.train()["SecondaryStatusTransitions"]
    assert [row["Status"] for row in rows] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]


def test_the_artifact_is_the_packed_model(site: Site) -> None:
    artifact = site.train(answer="hello")["ModelArtifacts"]["S3ModelArtifacts"]
    packed = site.objects.root.joinpath(*split_url(artifact)).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        assert archive.getnames() == ["model.bin"]
        model = archive.extractfile("model.bin")
        assert model is not None
        assert model.read() == b"hello"


def test_metrics_come_from_the_log(site: Site) -> None:
    rows = site.train()["FinalMetricDataList"]
    assert {row["MetricName"]: row["Value"] for row in rows} == {
        "train:accuracy": 0.9512,
        "validation:accuracy": 0.9053,
    }


def test_the_container_finds_its_channel(site: Site) -> None:
    site.train()
    site.trainer.close()
    assert "Processing train/train.txt" in site.role.published()


def test_a_running_jobs_log_can_be_read(site: Site) -> None:
    site.start(sleep="30")
    deadline = time.monotonic() + 20
    while "Processing train/train.txt" not in site.role.published():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert site.wait_for("Training")["TrainingJobStatus"] == "InProgress"


@pytest.mark.parametrize("call", ["create_log_group", "create_log_stream", "put_log_events"])
def test_a_log_that_the_role_may_not_write_fails_the_job(site: Site, call: str) -> None:
    site.role.aws.logs.describe_log_streams.return_value = {"logStreams": []}
    getattr(site.role.aws.logs, call).side_effect = denied(call)
    assert "AccessDeniedException" in site.train()["FailureReason"]


def test_a_log_that_cannot_be_written_harms_no_job(site: Site) -> None:
    site.role.aws.logs.put_log_events.side_effect = OSError("no connection")
    assert site.train()["TrainingJobStatus"] == "Completed"


def test_metrics_that_the_role_may_not_publish_fail_the_job(site: Site) -> None:
    site.role.aws.cloudwatch.put_metric_data.side_effect = denied("PutMetricData")
    assert "PutMetricData" in site.train()["FailureReason"]


def test_metrics_are_published_under_the_jobs_name(site: Site) -> None:
    site.train()
    (call,) = site.role.aws.cloudwatch.put_metric_data.call_args_list
    assert call.kwargs["Namespace"] == "/aws/sagemaker/TrainingJobs"
    assert call.kwargs["MetricData"][0] == {
        "MetricName": "train:accuracy",
        "Dimensions": [{"Name": "TrainingJobName", "Value": "My-Job"}],
        "Value": 0.9512,
    }


def test_an_image_that_the_role_may_not_pull_fails_the_job(site: Site) -> None:
    site.role.lacks = "ecr:BatchGetImage"
    reason = site.train()["FailureReason"]
    assert reason.startswith("ClientError: Cannot pull algorithm container.")
    assert "ecr:BatchGetImage" in reason


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


def test_the_container_is_told_about_its_channel(site: Site, tmp_path: Path) -> None:
    from local_aws.sagemaker.ml_root import MlRoot

    MlRoot(tmp_path / "ml").write_config(job_request(HyperParameters={"epochs": "3"}))
    config = tmp_path / "ml/input/config"
    assert json.loads((config / "hyperparameters.json").read_text()) == {"epochs": "3"}
    assert json.loads((config / "inputdataconfig.json").read_text()) == {
        "train": {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
    }
    assert json.loads((config / "resourceconfig.json").read_text())["hosts"] == ["algo-1"]


def test_a_failure_is_the_algorithms_with_its_own_words(site: Site) -> None:
    job = site.train(fail="no label in line 3")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no label in line 3, exit code: 1"


def test_a_failure_may_be_the_clients(site: Site) -> None:
    reason = site.train(fail="ClientError: unreadable data")["FailureReason"]
    assert reason == "ClientError: unreadable data, exit code: 1"


def test_a_failure_without_words_has_its_exit_code() -> None:
    assert failure_reason("", 137) == (
        "AlgorithmError: The algorithm wrote no reason to /opt/ml/output/failure, exit code: 137"
    )


def test_a_stopped_job_ends_its_process_and_keeps_what_it_saved(site: Site) -> None:
    site.start(sleep="30", save="half")
    site.wait_for("Training")
    time.sleep(0.3)
    site.plane.call("StopTrainingJob", {"TrainingJobName": "My-Job"})
    job = site.finish()
    assert [row["Status"] for row in job["SecondaryStatusTransitions"]][-2:] == [
        "Stopping",
        "Stopped",
    ]
    assert "ModelArtifacts" in job


def test_a_job_stopped_without_a_model_has_no_artifact(site: Site) -> None:
    site.start(sleep="30")
    site.wait_for("Training")
    time.sleep(0.3)
    site.plane.call("StopTrainingJob", {"TrainingJobName": "My-Job"})
    assert "ModelArtifacts" not in site.finish()


def test_a_job_that_takes_too_long_is_stopped(site: Site) -> None:
    job = site.train(maximum_s=1, sleep="30")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_channel_without_objects_is_refused(site: Site) -> None:
    (site.objects.root / "data/train.txt").unlink()
    with pytest.raises(SageMakerError) as caught:
        site.start()
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(
        'No S3 objects found under S3 URL "s3://data/train.txt" given in input data source.'
    )


def test_a_person_sees_one_line_for_each_event(site: Site) -> None:
    site.train()
    site.trainer.close()
    assert site.events[:2] == [
        "training job My-Job started",
        "  epoch 5: validation accuracy 0.8912",
    ]
    assert site.events[2].startswith("training job My-Job completed: validation accuracy 0.9053 (")


def test_a_finished_job_leaves_no_files(site: Site) -> None:
    site.train()
    site.trainer.close()
    assert list(site.scratch.iterdir()) == []


def test_closing_ends_a_running_job(site: Site) -> None:
    site.start(sleep="30")
    site.wait_for("Training")
    site.trainer.close()
    assert site.finish()["TrainingJobStatus"] == "Stopped"


def test_a_word2vec_log_gives_its_metric() -> None:
    metrics: dict[str, float] = {}
    log = TrainingLog(metric=metrics.__setitem__, progress=lambda _: None)
    log.feed("[06/17/2019 01:51:20 INFO 140465616254784] #mean_rho: 0.6958053323245772")
    assert metrics == {"train:mean_rho": 0.6958053323245772}
