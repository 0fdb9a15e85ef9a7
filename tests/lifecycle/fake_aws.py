"""The emulated SageMaker, and S3's objects in memory; states move when a test says so."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from tests.manual_sagemaker import (
    ManualAlarms,
    ManualHosting,
    ManualTrainer,
    MiddleOptimiser,
)

MODEL_PARAMETER = "/Test/model"
START = datetime(2026, 11, 21, tzinfo=UTC)


def client_error(code: str, operation: str, *, status: int = 400, message: str = "") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message or f"{code} (made by the test)"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "2f1e0d3c-0000-4000-8000-5a6b7c8d9e0f",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


@cache
def _input_shape(service: str, operation: str) -> Any:
    session = botocore.session.get_session()
    return session.get_service_model(service).operation_model(operation).input_shape


@dataclass
class FakeS3:
    """Buckets exist when they hold something."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    modified: dict[tuple[str, str], datetime] = field(default_factory=dict)
    on_deleted: Callable[[str], object] = lambda key: None
    """Called with each key that a client deletes."""

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self.objects[bucket, key] = content
        self.modified[bucket, key] = START + timedelta(seconds=len(self.modified))

    def delete(self, bucket: str, key: str) -> None:
        del self.objects[bucket, key]

    def head_object(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("s3", "HeadObject"))
        content = self._content(request, "HeadObject", missing="404")
        # S3 quotes the MD5 of an object that came in one part.
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return {"ETag": f'"{etag}"', "ContentLength": len(content)}

    def get_object(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("s3", "GetObject"))
        content = self._content(request, "GetObject", missing="NoSuchKey")
        first, last = request["Range"].removeprefix("bytes=").split("-")
        if int(first) >= len(content):
            raise client_error("InvalidRange", "GetObject", status=416)
        return {"Body": io.BytesIO(content[int(first) : int(last) + 1])}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("s3", "ListObjectsV2"))
        keys = sorted(
            key
            for bucket, key in self.objects
            if bucket == request["Bucket"]
            and key.startswith(request["Prefix"])
            and key > request.get("ContinuationToken", "")
        )
        page = keys[: request.get("MaxKeys", 1000)]
        answer: dict[str, Any] = {"IsTruncated": len(page) < len(keys)}
        if page:  # S3 leaves an empty list out
            answer["Contents"] = [
                {"Key": key, "LastModified": self.modified[request["Bucket"], key]} for key in page
            ]
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def delete_objects(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("s3", "DeleteObjects"))
        for thing in request["Delete"]["Objects"]:
            self.on_deleted(thing["Key"])
            self.delete(request["Bucket"], thing["Key"])
        return {}

    def _content(self, request: dict[str, Any], operation: str, *, missing: str) -> bytes:
        try:
            return self.objects[request["Bucket"], request["Key"]]
        except KeyError:
            raise client_error(missing, operation, status=404) from None


@dataclass
class FakeSsm:
    """The parameter that describes the served model, as the stack has changed it."""

    values: list[str] = field(default_factory=list)
    """Every version of it, the oldest first; none where it does not exist."""
    page_size: int = 50

    def serve(self, training_job: str) -> None:
        self.values.append(json.dumps({"training_job": training_job, "accuracy": 0.9}))

    def get_parameter_history(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("ssm", "GetParameterHistory"))
        if not self.values or request["Name"] != MODEL_PARAMETER:
            raise client_error("ParameterNotFound", "GetParameterHistory")
        first = int(request.get("NextToken", 0))
        last = first + min(request["MaxResults"], self.page_size)
        page = [
            {"Name": MODEL_PARAMETER, "Version": number + 1, "Value": self.values[number]}
            for number in range(len(self.values))[first:last]
        ]
        more = {"NextToken": str(last)} if last < len(self.values) else {}
        return {"Parameters": page, **more}


class EmulatedSageMaker:
    """The embedded AWS's control plane as a boto3 client; the test is its trainer."""

    def __init__(self, s3: FakeS3) -> None:
        self._s3 = s3
        self._shown: dict[str, dict[str, Any]] = {}
        self.on_created: Callable[[str], object] = lambda name: None
        self._trainer = ManualTrainer()
        self.alarms = ManualAlarms()
        self.now = START
        self._plane = ControlPlane(
            trainer=self._trainer,
            hosting=ManualHosting(),
            clock=lambda: self.now,
            optimiser=MiddleOptimiser(),
            alarm=self.alarms,
        )

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        answer = self._call("CreateTrainingJob", request)
        self.on_created(request["TrainingJobName"])
        return answer

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        described = self._call("DescribeTrainingJob", request)
        return described | self._shown.get(request["TrainingJobName"], {})

    def stop_training_job(self, **request: Any) -> dict[str, Any]:
        return self._call("StopTrainingJob", request)

    def create_hyper_parameter_tuning_job(self, **request: Any) -> dict[str, Any]:
        answer = self._call("CreateHyperParameterTuningJob", request)
        self.on_created(request["HyperParameterTuningJobName"])
        return answer

    def describe_hyper_parameter_tuning_job(self, **request: Any) -> dict[str, Any]:
        return self._call("DescribeHyperParameterTuningJob", request)

    def stop_hyper_parameter_tuning_job(self, **request: Any) -> dict[str, Any]:
        return self._call("StopHyperParameterTuningJob", request)

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Every job as DescribeTrainingJob shows it."""
        return {job.name: job.describe() for job in self._plane.training_jobs.snapshot()}

    def statuses(self) -> dict[str, str]:
        """Every training job's status, those of tuning jobs included."""
        rows = self._plane.training_jobs.list_jobs({"MaxResults": 100})["TrainingJobSummaries"]
        return {row["TrainingJobName"]: row["TrainingJobStatus"] for row in rows}

    def tuning_statuses(self) -> dict[str, str]:
        """Every tuning job's status."""
        rows = self._plane.tuning_jobs.list_jobs({"MaxResults": 100})
        return {
            row["HyperParameterTuningJobName"]: row["HyperParameterTuningJobStatus"]
            for row in rows["HyperParameterTuningJobSummaries"]
        }

    def running(self) -> list[str]:
        return [name for name, status in self.statuses().items() if status == "InProgress"]

    def complete(
        self, name: str, accuracy: float | None = 0.91, *, with_model: bool = True
    ) -> None:
        """The job reports its metrics and, usually, leaves a model."""
        run = self._trainer.runs[name]
        run.metric("train:accuracy", 0.99)
        if accuracy is not None:
            run.metric("validation:accuracy", accuracy)
        if with_model:
            bucket, _, key = run.artifact_uri.removeprefix("s3://").partition("/")
            self._s3.put(bucket, key, b"a model")
        else:
            run.artifact_uri = ""
        run.completed()

    def fail(self, name: str, reason: str = "AlgorithmError: made by the test") -> None:
        self._trainer.runs[name].failed(reason)

    def end_early(self, name: str, secondary_status: str = "Stopped") -> None:
        """`Stopped` on request, or `MaxRuntimeExceeded`."""
        self._trainer.runs[name].stopped(secondary_status)

    def show(self, name: str, **members: Any) -> None:
        """From now on the job is described like this: states that the emulation does not have."""
        self._shown[name] = members

    def forget(self, name: str) -> None:
        """Somebody deletes the job; SageMaker only deletes what has ended."""
        self.end_early(name)
        self._call("DeleteTrainingJob", {"TrainingJobName": name})

    def settle_stops(self) -> None:
        """Let time pass for what is being stopped."""
        for name, status in self.statuses().items():
            if status == "Stopping":
                self.end_early(name)

    def settle(self, accuracy: float | None = 0.91) -> None:
        """Let time pass: what runs completes, what is being stopped ends."""
        self.settle_stops()
        for name in self.running():
            self.complete(name, accuracy)

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._plane.call(operation, request)
        except SageMakerError as error:
            raise client_error(
                error.code, operation, status=error.status, message=error.message
            ) from None
