"""The custom resource's properties, as CloudFormation sends them and as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from lambdas.custom_resource.messages import shown
from lambdas.custom_resource.property_reader import PropertyReader
from lambdas.training_job.hyperparameters import parse_hyperparameters
from lambdas.training_job.messages import TrainingJobError

PREFIX_MAX_LENGTH: Final = 45
"""A training job's name has at most 63 characters: 45, "-", 12 of hash, and "-20"."""

MAX_RUNTIME_CEILING_SECONDS: Final = 3_300
"""CloudFormation waits at most 3,600 s for a custom resource: 5 minutes go to starting
the instance and uploading the model."""

_WHAT_SHAPES_THE_JOB: Final = (
    "JobNamePrefix",
    "TrainingImage",
    "BucketName",
    "TrainKey",
    "TestKey",
    "OutputPath",
    "InstanceType",
    "VolumeSizeInGB",
    "HyperParameters",
)


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
    """Object that the channel `validation` reads."""
    output_path: str
    """`s3://bucket/prefix` without a slash at its end."""
    instance_type: str
    volume_size_gb: int
    """1 to 16,384 GB of storage for data and model."""
    max_runtime_seconds: int
    """1 to 3,300 s; SageMaker stops a job that takes longer."""
    hyperparameters: Mapping[str, str]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """Read the ResourceProperties of an event.

        Raises:
            TrainingJobError: lists every problem with them.
        """
        reader = PropertyReader(given)
        hyperparameters, problems = parse_hyperparameters(given.get("HyperParameters"))
        properties = cls(
            job_name_prefix=reader.text(
                "JobNamePrefix",
                rf"(?=.{{1,{PREFIX_MAX_LENGTH}}}\Z)[a-zA-Z0-9](-*[a-zA-Z0-9])*",
                f"1 to {PREFIX_MAX_LENGTH} letters, digits and hyphens, with no hyphen at its ends",
            ),
            training_image=reader.text("TrainingImage", r"\S{1,255}", "an ECR image URI"),
            role_arn=reader.text(
                "RoleArn", r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", "the ARN of an IAM role"
            ),
            bucket_name=reader.text("BucketName", r"[a-z0-9.-]{3,63}", "the name of an S3 bucket"),
            train_key=reader.text("TrainKey", r"[^\n]{1,1024}", "an S3 object key"),
            test_key=reader.text("TestKey", r"[^\n]{1,1024}", "an S3 object key"),
            output_path=reader.text("OutputPath", r"s3://[^/\s]+(/\S*)?", "an s3:// URI").rstrip(
                "/"
            ),
            instance_type=reader.text(
                "InstanceType", r"ml\.[a-z0-9-]+\.[a-z0-9]+", "an ml.* instance type"
            ),
            volume_size_gb=reader.whole("VolumeSizeInGB", 1, 16_384),
            max_runtime_seconds=reader.whole("MaxRuntimeInSeconds", 1, MAX_RUNTIME_CEILING_SECONDS),
            hyperparameters=hyperparameters,
        )
        if properties.train_key and properties.train_key == properties.test_key:
            reader.problems.append(
                f"TrainKey and TestKey are the same ({shown(properties.train_key)}): the accuracy "
                "would be measured on what the model was trained on"
            )
        if reader.problems or problems:
            raise TrainingJobError(
                "The training job's properties are not valid:",
                detail="; ".join(reader.problems + problems) + ".",
                after="Correct the stack's parameters and deploy again. Nothing was started.",
            )
        return properties

    @property
    def channel_uris(self) -> dict[str, str]:
        """The S3 URI of each channel's one object."""
        return {
            "train": f"s3://{self.bucket_name}/{self.train_key}",
            "validation": f"s3://{self.bucket_name}/{self.test_key}",
        }


def ask_for_the_same_job(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two versions of ResourceProperties differ in nothing that shapes the job."""
    return all(one.get(name) == other.get(name) for name in _WHAT_SHAPES_THE_JOB)
