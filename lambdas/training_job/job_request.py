"""The CreateTrainingJob request, and whether an existing job came from the same one."""

from collections.abc import Mapping
from typing import Any, Final

from lambdas.training_job.properties import TrainingJobProperties

INSTANCE_COUNT: Final = 1
"""BlazingText trains in supervised mode on one instance only."""


def create_request(job_name: str, properties: TrainingJobProperties) -> dict[str, Any]:
    """Build the request that trains `properties` under `job_name`.

    It names no metrics: SageMaker attaches those of its built-in algorithms itself.
    """
    key = properties.kms_key_id
    return {
        "TrainingJobName": job_name,
        "AlgorithmSpecification": {
            "TrainingImage": properties.training_image,
            "TrainingInputMode": "File",
        },
        "RoleArn": properties.role_arn,
        "HyperParameters": properties.fixed_hyperparameters,
        "InputDataConfig": [
            {
                "ChannelName": name,
                "ContentType": "text/plain",
                "InputMode": "File",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": uri,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for name, uri in properties.channel_uris.items()
        ],
        "OutputDataConfig": {
            "S3OutputPath": properties.output_path,
            **({"KmsKeyId": key} if key else {}),
        },
        "ResourceConfig": {
            "InstanceType": properties.instance_type,
            "InstanceCount": INSTANCE_COUNT,
            "VolumeSizeInGB": properties.volume_size_gb,
            **({"VolumeKmsKeyId": key} if key else {}),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": properties.max_runtime_seconds},
        "EnableNetworkIsolation": properties.network_isolation,
        **_network(properties),
    }


def _network(properties: TrainingJobProperties) -> dict[str, Any]:
    if not properties.subnets:
        return {}
    return {
        "VpcConfig": {
            "Subnets": list(properties.subnets),
            "SecurityGroupIds": list(properties.security_group_ids),
        }
    }


def was_made_from(job: Mapping[str, Any], properties: TrainingJobProperties) -> bool:
    """Whether a described job was made from exactly these properties.

    Compares what shapes the model and where it goes, by key instead of content: this
    is for the time when the data can no longer be read.
    """
    resources = job.get("ResourceConfig", {})
    return (
        job.get("AlgorithmSpecification", {}).get("TrainingImage") == properties.training_image
        and job.get("HyperParameters", {}) == properties.fixed_hyperparameters
        and _tuning_jobs(job) == properties.tuning_jobs
        and _channel_uris(job) == properties.channel_uris
        and job.get("OutputDataConfig", {}).get("S3OutputPath", "").rstrip("/")
        == properties.output_path
        and resources.get("InstanceType") == properties.instance_type
        and resources.get("VolumeSizeInGB") == properties.volume_size_gb
    )


def _tuning_jobs(job: Mapping[str, Any]) -> int:
    limits = job.get("HyperParameterTuningJobConfig", {}).get("ResourceLimits", {})
    return int(limits.get("MaxNumberOfTrainingJobs", 0))


def _channel_uris(job: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(channel.get("ChannelName")): str(
            channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri")
        )
        for channel in job.get("InputDataConfig", [])
    }
