"""What a training job does in AWS besides reading its channels: pulling its image, its metrics.

The actions are those that SageMaker's developer guide lists for the execution role of
CreateTrainingJob (sagemaker-roles). What AWS does without cloudwatch:PutMetricData or the actions
of the log is not documented; here the job fails, so that a permission that is missing is noticed.
"""

from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import ExecutionRole
from local_aws.sagemaker.training_run import TrainingRun

NAMESPACE = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker publishes the metrics of training jobs (developer guide, "Monitor metrics")."""


def pull_image(run: TrainingRun, role: ExecutionRole) -> None:
    """Pull the training image.

    Raises:
        SageMakerError: the role may not, in SageMaker's words.
    """
    try:
        role.pull(run.request["AlgorithmSpecification"].get("TrainingImage", ""))
    except SageMakerError as error:
        raise SageMakerError(
            "ClientError",
            "Cannot pull algorithm container. Either the image does not exist or its permissions"
            f" are incorrect. ({error.message})",
        ) from error


def encrypt_volume(run: TrainingRun, role: ExecutionRole) -> None:
    """Use the key of the instance's volume, if the job names one.

    Raises:
        SageMakerError: the role may not.
    """
    key = run.request["ResourceConfig"].get("VolumeKmsKeyId")
    if not key:
        return
    try:
        role.use_key(key)
    except SageMakerError as error:
        raise SageMakerError("ClientError", f"Cannot use the KMS key. ({error.message})") from error


def publish_metrics(run: TrainingRun, role: ExecutionRole, metrics: Mapping[str, float]) -> None:
    """Write a job's final metrics to CloudWatch.

    Raises:
        SageMakerError: the role may not.
    """
    if not metrics:
        return
    job = [{"Name": "TrainingJobName", "Value": run.name}]
    data = [
        {"MetricName": name, "Dimensions": job, "Value": value} for name, value in metrics.items()
    ]
    try:
        role.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)
    except (ClientError, BotoCoreError) as error:
        raise SageMakerError("ClientError", f"Failed to publish metrics: {error}") from error
