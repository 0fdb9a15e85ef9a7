"""A bucket in memory, a small trained model, and the events of one custom resource."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import fasttext
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from lambdas.evaluation.artifact import Room
from lambdas.evaluation.examples import Example
from lambdas.evaluation.inputs import StoredObject
from lambdas.evaluation.lifecycle import Evaluations
from lambdas.evaluation.model import FastTextModel, Model
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews

BUCKET = "sandbox-trainingjob-databucket"
JOB = "Sandbox-blazingtext-0123456789ab"
MODEL_KEY = f"models/{JOB}/output/model.tar.gz"
DATA_KEY = "datasets/3f0a91c27be4/test.txt"
TRAIN_KEY = "datasets/3f0a91c27be4/train.txt"
GIB = 1024**3
PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:Evaluate",
    "ModelDataUrl": f"s3://{BUCKET}/{MODEL_KEY}",
    "TrainingJobName": JOB,
    "BucketName": BUCKET,
    "EvaluationKey": DATA_KEY,
    "MinimumAccuracy": "0.6",
    "MinimumMacroF1": "0",
    "Calibrate": "false",
}


@cache
def _input_shape(operation: str) -> Any:
    model = botocore.session.get_session().get_service_model("s3")
    return model.operation_model(operation).input_shape


def client_error(code: str, operation: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "made by the test"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


class Body(io.BytesIO):
    """A response's body that counts what is read of it."""

    def __init__(self, content: bytes, read: list[int]) -> None:
        super().__init__(content)
        self._read = read

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self._read.append(len(piece))
        return piece


@dataclass
class Bucket:
    """S3 with one bucket; requests are checked against botocore's model of the service."""

    objects: dict[str, bytes] = field(default_factory=dict)
    modified: dict[str, datetime] = field(default_factory=dict)
    read: dict[str, list[int]] = field(default_factory=dict)
    """Sizes of the pieces read of each object."""
    forbidden: set[str] = field(default_factory=set)

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content
        self.modified[key] = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(
            seconds=len(self.modified)
        )

    def head_object(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("HeadObject"))
        content = self._content(request, "HeadObject", missing="404")
        return {"ETag": f'"{etag(content)}"', "ContentLength": len(content)}

    def get_object(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("GetObject"))
        content = self._content(request, "GetObject", missing="NoSuchKey")
        if request.get("IfMatch") not in {None, f'"{etag(content)}"'}:
            raise client_error("PreconditionFailed", "GetObject", 412)
        start = int(request.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return {"Body": Body(content[start:], self.read.setdefault(request["Key"], []))}

    def put_object(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("PutObject"))
        self.put(request["Key"], request["Body"])
        return {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        validate_parameters(request, _input_shape("ListObjectsV2"))
        keys = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
        # S3 leaves an empty list out.
        return (
            {"Contents": [{"Key": key, "LastModified": self.modified[key]} for key in keys]}
            if keys
            else {}
        )

    def _content(self, request: Mapping[str, Any], operation: str, *, missing: str) -> bytes:
        if request["Key"] in self.forbidden:
            raise client_error("AccessDenied", operation, 403)
        if request["Bucket"] != BUCKET or request["Key"] not in self.objects:
            raise client_error(missing, operation, 404)
        return self.objects[request["Key"]]


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def stored(bucket: Bucket, key: str) -> StoredObject:
    content = bucket.objects[key]
    return StoredObject(bucket=BUCKET, key=key, etag=etag(content), size=len(content))


def archive(members: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar file of these members."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as tar:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def different_reviews(numbers: Iterable[int], label: str = "positive") -> bytes:
    """A line for each number; the texts of two numbers differ."""
    return b"".join(f"__label__{label} a great film {number}\n".encode() for number in numbers)


def example(text: str, *labels: str, number: int = 1) -> Example:
    line = " ".join([*(f"__label__{label}" for label in labels), text]).encode() + b"\n"
    return Example(number=number, line=line, labels=labels, tokens=len(text.split()))


def train(folder: Path, text: str, **settings: Any) -> Path:
    """A model of a few kilobytes; the file's name is `model.bin`."""
    data, file = folder / "train.txt", folder / "model.bin"
    data.write_text(text, encoding="utf-8", newline="\n")
    options = {"dim": 4, "bucket": 1000, "epoch": 5, "lr": 0.5, "wordNgrams": 2, "minCount": 1}
    model = fasttext.train_supervised(str(data), **options | settings, thread=1, verbose=0)
    model.save_model(str(file))
    return file


class World:
    """A job's model and an evaluation file in the bucket, and a custom resource."""

    def __init__(self, model: bytes) -> None:
        self.bucket = Bucket()
        self.room = Room(memory_bytes=3 * GIB, disk_bytes=4 * GIB)
        self.remaining_seconds: Callable[[], float] = lambda: 840.0
        self.loaded = 0
        self.bucket.put(MODEL_KEY, archive({"model.bin": model}))
        self.bucket.put(DATA_KEY, reviews(200, seed=7).encode())

    def create(self, **properties: str) -> dict[str, Any]:
        return self._event({"RequestType": "Create"}, properties)

    def update(self, physical_id: str, **properties: str) -> dict[str, Any]:
        return self._event({"RequestType": "Update", "PhysicalResourceId": physical_id}, properties)

    def delete(self, physical_id: str) -> dict[str, Any]:
        return self._event({"RequestType": "Delete", "PhysicalResourceId": physical_id}, {})

    def _event(self, event: dict[str, Any], properties: dict[str, str]) -> dict[str, Any]:
        evaluations = Evaluations(s3=self.bucket, load_model=self._load, room=lambda _: self.room)
        return evaluations.on_event(
            event | {"ResourceProperties": PROPERTIES | properties},
            remaining_seconds=self.remaining_seconds,
        )

    def _load(self, file: Path) -> Model:
        self.loaded += 1
        return FastTextModel(file)
