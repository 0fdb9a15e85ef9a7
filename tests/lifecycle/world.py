"""An account with a data bucket, and a stack that trains from it."""

import json
from dataclasses import dataclass, field
from typing import Any

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.event_age import SETTLE_SECONDS
from lambdas.training_job.lifecycle import TrainingJobLifecycle
from lambdas.training_job.old_models import OldModels
from tests.lifecycle.fake_aws import MODEL_PARAMETER, EmulatedSageMaker, FakeS3, FakeSsm
from tests.lifecycle.faults import Fault, Faulty
from tests.lifecycle.provider import Json, Operation, Resource, load_event
from tier_layout.bucket import manifest_key
from tier_layout.manifest import FORMAT

POLL_SECONDS = 5
EVALUATION_KEY = "datasets/evaluation/reviews.txt"
MODEL_FROM_ELSEWHERE = "models/Elsewhere-blazingtext-0123456789ab/output/model.tar.gz"


@dataclass
class World:
    """Everything a test needs; both versions of the data are in the bucket."""

    tuning: bool = False
    """Whether the stack asks for tuning jobs, in place of training jobs."""
    evaluated_apart: bool = False
    """Whether models are evaluated on a file of its own, and manifests describe the data."""
    accuracy: float | None = 0.91
    """What every job that completes by itself reports."""
    failing: bool = False
    """Whether jobs fail that would complete."""
    completing: bool = True
    """Whether running jobs complete between polls."""
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    now: float = 1_795_000_000.0
    old_model_days: int = -36_500
    """So that a model of a moment ago is old, and every Delete would expire it."""

    def __post_init__(self) -> None:
        self.s3 = FakeS3()
        self.ssm = FakeSsm()
        self.sagemaker = EmulatedSageMaker(self.s3)
        self.lifecycle = TrainingJobLifecycle(
            Aws(
                sagemaker=Faulty(self.sagemaker, self.calls, self.faults, self.spend),
                s3=Faulty(self.s3, self.calls, self.faults, self.spend),
                ssm=Faulty(self.ssm, self.calls, self.faults, self.spend),
            ),
            old_models=OldModels(
                bucket=self.bucket, parameter=MODEL_PARAMETER, days=self.old_model_days
            ),
            clock=lambda: self.now,
        )
        self.resource = Resource(self.lifecycle, self.pass_time)
        for version in ("old", "new"):
            self.upload_version(version)
        if self.evaluated_apart:
            self.upload(EVALUATION_KEY, "__label__negative never seen\n" * 4)
            for properties in (self.old, self.new):
                self.describe_data(properties)

    @property
    def old(self) -> Json:
        """The properties of the first version of the stack."""
        properties: Json = load_event("create")["ResourceProperties"]
        return properties | self._wishes

    @property
    def new(self) -> Json:
        """The same with new data."""
        properties: Json = load_event("update")["ResourceProperties"]
        return properties | self._wishes

    @property
    def imported(self) -> Json:
        """The same with a model that was trained elsewhere."""
        return self.new | {"ModelDataUrl": f"s3://{self.bucket}/{MODEL_FROM_ELSEWHERE}"}

    @property
    def _wishes(self) -> Json:
        jobs = {"TuningJobs": "3"} if self.tuning else {}
        return jobs | ({"EvaluationKey": EVALUATION_KEY} if self.evaluated_apart else {})

    @property
    def bucket(self) -> str:
        return str(self.old["BucketName"])

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        return self.sagemaker.jobs

    def upload(self, key: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.s3.put(self.bucket, key, data)

    def upload_version(self, version: str) -> None:
        properties = self.old if version == "old" else self.new
        both = f"__label__positive {version} great\n__label__negative {version} awful\n"
        self.upload(properties["TrainKey"], both * 9)
        self.upload(properties["TestKey"], both * 3)

    def describe_data(self, properties: Json, *labels: str) -> None:
        """Put a manifest beside the training file, with these labels or `world`'s own."""
        counts = dict.fromkeys(labels or ("negative", "positive"), 9)
        manifest = {
            "format": FORMAT,
            "command": "data_prep prepare reviews.csv",
            "normaliser_version": "1",
            "rows_in": 24,
            "rows_out": {"train": 18, "test": 6},
            "dropped": {},
            "bad": {},
            "labels": {"train": counts, "test": counts},
            "files": {},
        }
        self.upload(manifest_key(properties["TrainKey"]), json.dumps(manifest))

    def remove_data(self, properties: Json) -> None:
        for key in ("TrainKey", "TestKey"):
            self.s3.delete(self.bucket, properties[key])

    def pass_time(self) -> None:
        """One polling interval goes by."""
        self.now += POLL_SECONDS
        if self.failing:
            # Each that fails may let a tuning job start the next.
            while running := self.sagemaker.running():
                self.sagemaker.fail(running[0])
        if self.completing:
            self.sagemaker.settle(self.accuracy)
        else:
            self.sagemaker.settle_stops()

    def spend(self, seconds: float) -> None:
        """A call to AWS takes its time."""
        self.now += seconds

    def let_settle(self) -> None:
        """No event that began before now starts a job any more."""
        self.now += SETTLE_SECONDS

    def begin(self, event: Json) -> Operation:
        """Deliver an event, and leave the polling to the test."""
        return Operation(self.lifecycle, event)

    def begin_and_poll(self, event: Json) -> Operation:
        """Deliver an event and poll once, which starts the job that it needs."""
        operation = self.begin(event)
        operation.poll()
        return operation

    def begin_create(self, **changes: Any) -> Operation:
        return self.begin_and_poll(
            load_event("create") | {"ResourceProperties": self.old | changes}
        )

    def begin_delete(self, physical_id: str) -> Operation:
        return self.begin(load_event("delete") | {"PhysicalResourceId": physical_id})

    def begin_update(self, properties: Json, **changes: Any) -> Operation:
        return self.begin_and_poll(
            load_event("update")
            | {
                "PhysicalResourceId": self.resource.physical_id,
                "ResourceProperties": properties,
                "OldResourceProperties": self.resource.properties,
            }
            | changes
        )

    def status(self, job_name: str) -> str:
        return (self.sagemaker.statuses() | self.sagemaker.tuning_statuses())[job_name]
