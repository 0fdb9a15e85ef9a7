"""SageMaker's training jobs and S3's objects in memory; states move when a test says so."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

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

    def _content(self, request: dict[str, Any], operation: str, *, missing: str) -> bytes:
        try:
            return self.objects[request["Bucket"], request["Key"]]
        except KeyError:
            raise client_error(missing, operation, status=404) from None


@dataclass
class FakeSageMaker:
    """Training jobs as DescribeTrainingJob shows them, each created InProgress."""

    s3: FakeS3
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("sagemaker", "CreateTrainingJob"))
        name = request["TrainingJobName"]
        if name in self.jobs:
            raise client_error("ResourceInUse", "CreateTrainingJob")
        self.jobs[name] = {
            **request,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "ModelArtifacts": {},
        }
        return {"TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}"}

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        return dict(self._job(request["TrainingJobName"], "DescribeTrainingJob"))

    def stop_training_job(self, **request: Any) -> dict[str, Any]:
        job = self._job(request["TrainingJobName"], "StopTrainingJob")
        if job["TrainingJobStatus"] != "InProgress":
            raise client_error("ValidationException", "StopTrainingJob", message="already stopped")
        job.update(TrainingJobStatus="Stopping", SecondaryStatus="Stopping")
        return {}

    def complete(self, name: str, accuracy: float | None = 0.91) -> None:
        job = self.jobs[name]
        bucket, _, folder = (
            job["OutputDataConfig"]["S3OutputPath"].removeprefix("s3://").partition("/")
        )
        key = f"{folder}/{name}/output/model.tar.gz"
        self.s3.put(bucket, key, b"a model")
        metrics = [{"MetricName": "train:accuracy", "Value": 0.99, "Timestamp": START}]
        if accuracy is not None:
            metrics.append(
                {"MetricName": "validation:accuracy", "Value": accuracy, "Timestamp": START}
            )
        job.update(
            TrainingJobStatus="Completed",
            SecondaryStatus="Completed",
            ModelArtifacts={"S3ModelArtifacts": f"s3://{bucket}/{key}"},
            FinalMetricDataList=metrics,
        )

    def end(self, name: str, status: str, secondary: str = "", reason: str = "") -> None:
        self.jobs[name].update(TrainingJobStatus=status, SecondaryStatus=secondary or status)
        if reason:
            self.jobs[name]["FailureReason"] = reason

    def running(self) -> list[str]:
        return [name for name, job in self.jobs.items() if job["TrainingJobStatus"] == "InProgress"]

    def settle(self, accuracy: float | None = 0.91) -> None:
        """Let time pass: what runs completes, what is being stopped ends."""
        for name, job in self.jobs.items():
            if job["TrainingJobStatus"] == "InProgress":
                self.complete(name, accuracy)
            elif job["TrainingJobStatus"] == "Stopping":
                self.end(name, "Stopped")

    def _job(self, name: str, operation: str) -> dict[str, Any]:
        try:
            return self.jobs[name]
        except KeyError:
            raise client_error(
                "ValidationException", operation, message="Requested resource not found."
            ) from None


@dataclass
class Fault:
    """An exception in place of the answer to one call."""

    operation: str
    """Name of the client's method, or "*" for any."""
    at_call: int
    """1 for the first matching call."""
    error: Exception
    acted: bool = False
    """Whether the service did its work before the answer was lost."""
    until_call: int | None = None
    """Last failing call; None for `at_call` alone."""
    seen: int = 0

    def strikes(self, operation: str) -> bool:
        if self.operation not in {"*", operation}:
            return False
        self.seen += 1
        return self.at_call <= self.seen <= (self.until_call or self.at_call)


class Faulty:
    """A client whose calls are recorded, and fail where the test says so."""

    def __init__(self, target: object, calls: list[str], faults: list[Fault]) -> None:
        self._target, self._calls, self._faults = target, calls, faults

    def create_training_job(self, **request: Any) -> Any:
        return self._call("create_training_job", request)

    def describe_training_job(self, **request: Any) -> Any:
        return self._call("describe_training_job", request)

    def stop_training_job(self, **request: Any) -> Any:
        return self._call("stop_training_job", request)

    def head_object(self, **request: Any) -> Any:
        return self._call("head_object", request)

    def get_object(self, **request: Any) -> Any:
        return self._call("get_object", request)

    def list_objects_v2(self, **request: Any) -> Any:
        return self._call("list_objects_v2", request)

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        self._calls.append(operation)
        method: Callable[..., Any] = getattr(self._target, operation)
        for fault in self._faults:
            if fault.strikes(operation):
                if fault.acted:
                    method(**request)
                raise fault.error
        return method(**request)
