"""The custom resource's properties, as CloudFormation sends them and as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from lambdas.custom_resource.messages import shown
from lambdas.custom_resource.property_reader import PropertyReader
from lambdas.training_job.hyperparameters import parse_hyperparameters
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.tuning_ranges import TUNED, tuning_problems
from tier_layout.names import TUNING_INFIX, TUNING_PREFIX_MAX_LENGTH
from tier_layout.s3_address import S3Address

PREFIX_MAX_LENGTH: Final = 45
"""A training job's name has at most 63 characters: 45, "-", 12 of hash, and "-20"."""

MAX_TUNING_JOBS: Final = 50
"""Training jobs of one tuning job: more than fit the time that CloudFormation waits."""

MAX_RUNTIME_CEILING_SECONDS: Final = 3_300
"""CloudFormation waits at most 3,600 s for a custom resource: 5 minutes go to starting
the instance and uploading the model."""

_LARGEST_MEMORY_MIB: Final = 32 * 1024**2
"""No instance type has more than 32 TiB."""

_WHAT_SHAPES_THE_JOB: Final = (
    "JobNamePrefix",
    "TrainingImage",
    "BucketName",
    "TrainKey",
    "OutputPath",
    "InstanceType",
    "VolumeSizeInGB",
    "HyperParameters",
    "TuningJobs",
    "TuningParallelJobs",
    "TuningJobNamePrefix",
    "ModelDataUrl",
)

_DEFAULTS: Final[Mapping[str, str]] = {
    "TuningJobs": "0",
    "TuningParallelJobs": "1",
    "TuningJobNamePrefix": "",
    "ModelDataUrl": "",
    "ValidationKey": "",
    "EvaluationKey": "",
    "ServingMemoryInMiB": "",
    "EvaluationMemoryInMiB": "",
    "KmsKeyId": "",
    "EnableNetworkIsolation": "false",
    "Subnets": "",
    "SecurityGroupIds": "",
}
"""Of properties that a stack deployed before they existed does not have: it may be rolled back."""


@dataclass(frozen=True, kw_only=True)
class TrainingJobProperties:
    """What one version of the stack asks for. Build it with `parse`."""

    job_name_prefix: str
    """At most 45 letters, digits and hyphens; the handlers touch no job outside it."""
    training_image: str
    """ECR URI of the BlazingText container."""
    role_arn: str
    """Execution role that SageMaker assumes to read the data and write the model."""
    bucket_name: str
    train_key: str
    """Object that the channel `train` reads."""
    test_key: str
    """Object that the evaluation reads, unless the stack names another one."""
    output_path: str
    """`s3://bucket/prefix` without a slash at its end."""
    instance_type: str
    volume_size_gb: int
    """1 to 16,384 GB of storage for data and model."""
    max_runtime_seconds: int
    """1 to 3,300 s; SageMaker stops a job that takes longer."""
    hyperparameters: Mapping[str, str]
    tuning_jobs: int = 0
    """How many training jobs a hyperparameter tuning job may run, 0 to 50; 0 stands for one
    training job with exactly these hyperparameters."""
    tuning_parallel_jobs: int = 1
    """How many of them run at once."""
    tuning_job_name_prefix: str = ""
    """At most 11 letters, digits and hyphens."""
    model_data_url: str = ""
    """The model.tar.gz, below the output path, that is served without any training; or ""."""
    validation_key: str = ""
    """Object that the channel `validation` reads; "" for a dataset of two files: it then reads
    that of `test_key`."""
    evaluation_key: str = ""
    """Object that the evaluation reads, usually `test_key`; "" if the stack does not say."""
    serving_memory_mib: int | None = None
    """Memory of what will host the model; None if it is not known."""
    evaluation_memory_mib: int | None = None
    """Memory of the function that evaluates the model; None if it is not known."""
    kms_key_id: str = ""
    """ARN of the key that encrypts the instance's volume and the model; "" for AWS's own."""
    network_isolation: bool = False
    """Whether the container has no network."""
    subnets: tuple[str, ...] = ()
    """Of the VPC that the job runs in; none for AWS's own network."""
    security_group_ids: tuple[str, ...] = ()
    """In that VPC."""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """Read the ResourceProperties of an event.

        Raises:
            TrainingJobError: lists every problem with them.
        """
        given = {**_DEFAULTS, **given}
        reader = PropertyReader(given)
        imported = given["ModelDataUrl"] != ""
        tuning_jobs = reader.whole("TuningJobs", 0, MAX_TUNING_JOBS)
        hyperparameters, problems = parse_hyperparameters(given.get("HyperParameters"))
        properties = cls(
            job_name_prefix=_prefix(reader, "JobNamePrefix", PREFIX_MAX_LENGTH),
            training_image=reader.text("TrainingImage", r"\S{1,255}", "an ECR image URI"),
            role_arn=reader.text(
                "RoleArn", r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", "the ARN of an IAM role"
            ),
            bucket_name=reader.text("BucketName", r"[a-z0-9.-]{3,63}", "the name of an S3 bucket"),
            train_key=_key(reader, "TrainKey", needed=not imported),
            test_key=_key(reader, "TestKey", needed=not imported),
            output_path=reader.text("OutputPath", r"s3://[^/\s]+(/\S*)?", "an s3:// URI").rstrip(
                "/"
            ),
            instance_type=reader.text(
                "InstanceType", r"ml\.[a-z0-9-]+\.[a-z0-9]+", "an ml.* instance type"
            ),
            volume_size_gb=reader.whole("VolumeSizeInGB", 1, 16_384),
            max_runtime_seconds=reader.whole("MaxRuntimeInSeconds", 1, MAX_RUNTIME_CEILING_SECONDS),
            hyperparameters=hyperparameters,
            tuning_jobs=tuning_jobs,
            tuning_parallel_jobs=reader.whole("TuningParallelJobs", 1, MAX_TUNING_JOBS),
            tuning_job_name_prefix=_prefix(reader, "TuningJobNamePrefix", TUNING_PREFIX_MAX_LENGTH)
            if tuning_jobs > 0
            else "",
            model_data_url=str(given["ModelDataUrl"]),
            validation_key=_key(reader, "ValidationKey", needed=False),
            evaluation_key=_key(reader, "EvaluationKey", needed=False),
            serving_memory_mib=_memory(reader, "ServingMemoryInMiB"),
            evaluation_memory_mib=_memory(reader, "EvaluationMemoryInMiB"),
            kms_key_id=_kms_key(reader),
            network_isolation=reader.text("EnableNetworkIsolation", "true|false", "true or false")
            == "true",
            subnets=tuple(filter(None, str(given["Subnets"]).split(","))),
            security_group_ids=tuple(filter(None, str(given["SecurityGroupIds"]).split(","))),
        )
        problems += _problems_of_the_model(properties) if imported else []
        problems += tuning_problems(hyperparameters) if tuning_jobs > 0 and not problems else []
        if f"{properties.job_name_prefix}-".endswith(TUNING_INFIX):
            reader.problems.append(
                f"JobNamePrefix must not end like {shown(properties.job_name_prefix)}: its "
                "training jobs would have the names of tuning jobs"
            )
        reader.problems += [
            f"TrainKey and {name} are the same ({shown(key)}): the accuracy would be measured on "
            "what the model was trained on"
            for name, key in (
                ("TestKey", properties.test_key),
                ("ValidationKey", properties.validation_key),
            )
            if key and key == properties.train_key
        ]
        if reader.problems or problems:
            raise TrainingJobError(
                "The training job's properties are not valid:",
                detail="; ".join(reader.problems + problems) + ".",
                after="Correct the stack's parameters and deploy again. Nothing was started.",
            )
        return properties

    @property
    def fixed_hyperparameters(self) -> dict[str, str]:
        """Those that no tuning job searches; all of them where none runs."""
        searched = TUNED if self.tuning_jobs else frozenset()
        return {name: text for name, text in self.hyperparameters.items() if name not in searched}

    @property
    def channel_keys(self) -> dict[str, str]:
        """The key of each channel's one object."""
        return {"train": self.train_key, "validation": self.validation_key or self.test_key}

    @property
    def channel_uris(self) -> dict[str, str]:
        """The S3 URI of each channel's one object."""
        return {
            name: str(S3Address(self.bucket_name, key)) for name, key in self.channel_keys.items()
        }


def what_shapes_the_job(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a version's ResourceProperties that another job follows from.

    As they were sent: they may be of a version whose properties are not valid any more.
    """
    given = {**_DEFAULTS, **given}
    # The test file shapes the job of a dataset of two files alone.
    validation = given["ValidationKey"] or given.get("TestKey")
    return {name: given.get(name) for name in _WHAT_SHAPES_THE_JOB} | {"validation": validation}


def _prefix(reader: PropertyReader, name: str, longest: int) -> str:
    return reader.text(
        name,
        rf"(?=.{{1,{longest}}}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*",
        f"1 to {longest} letters, digits and hyphens, with no hyphen at its ends",
    )


def _key(reader: PropertyReader, name: str, *, needed: bool) -> str:
    if not needed and not reader.given.get(name):
        return ""
    return reader.text(name, r"[^\n]{1,1024}", "an S3 object key")


def _memory(reader: PropertyReader, name: str) -> int | None:
    return reader.whole(name, 1, _LARGEST_MEMORY_MIB) if reader.given.get(name) else None


def _kms_key(reader: PropertyReader) -> str:
    if not reader.given.get("KmsKeyId"):
        return ""
    return reader.text("KmsKeyId", r"arn:aws[a-z-]*:kms:\S+", "the ARN of a KMS key")


def _problems_of_the_model(properties: TrainingJobProperties) -> list[str]:
    """Outside of its folder, no role of the tier may read a model."""
    folder, url = f"{properties.output_path}/", properties.model_data_url
    if re.fullmatch(re.escape(folder) + r"[^\n]{1,900}\.tar\.gz", url):
        return []
    return [
        f"ModelDataUrl must be a .tar.gz below {folder}, not {shown(url)}: "
        "`make promote MODEL=...` copies a model to its place, and deploys it"
    ]
