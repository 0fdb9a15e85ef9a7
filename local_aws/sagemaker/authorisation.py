"""Which permissions an operation of SageMaker's API needs.

Source: the Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker AI": its action table gives the resource types, and PassRole as a dependent action.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.sagemaker.deployment_config import alarm_names
from local_aws.sagemaker.roles import PRINCIPAL, Need
from local_aws.sagemaker.scope import Scope

# The kind in an ARN, by the member that names the resource.
_KINDS = {
    "TrainingJobName": "training-job",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "ModelName": "model",
    "EndpointConfigName": "endpoint-config",
    "EndpointName": "endpoint",
}
_CREATES = {
    "CreateTrainingJob": "TrainingJobName",
    "CreateHyperParameterTuningJob": "HyperParameterTuningJobName",
    "CreateModel": "ModelName",
    "CreateEndpointConfig": "EndpointConfigName",
    "CreateEndpoint": "EndpointName",
}


def needs(operation: str, request: Mapping[str, Any], scope: Scope) -> Iterator[Need]:
    """Every permission that a request of the control plane needs.

    Args:
        operation: such as `CreateTrainingJob`.
        request: its members.
        scope: where it is made.
    """
    action = f"sagemaker:{operation}"
    resources = list(_resources(operation, request, scope))
    for resource in resources or ["*"]:
        yield Need(action, resource)
    role = _role(operation, request)
    if role is not None:
        yield Need("iam:PassRole", role, {"iam:PassedToService": PRINCIPAL})
    # "Ensure that your IAM execution role has permission to perform the cloudwatch:DescribeAlarms
    # action on the auto-rollback alarms you specify" (dg/deployment-guardrails-configuration.html).
    for alarm in alarm_names(request.get("DeploymentConfig")):
        place = f"{scope.region}:{scope.account}"
        arn = f"arn:{scope.partition}:cloudwatch:{place}:alarm:{alarm}"
        yield Need("cloudwatch:DescribeAlarms", arn)
    # Tags given at creation need the permission to add tags ("sagemaker:AddTags").
    if request.get("Tags") and operation in _CREATES:
        member = _CREATES[operation]
        yield Need("sagemaker:AddTags", scope.arn(_KINDS[member], str(request.get(member, ""))))


def invocation(endpoint: str, scope: Scope) -> Need:
    """What InvokeEndpoint needs."""
    return Need("sagemaker:InvokeEndpoint", scope.arn("endpoint", endpoint))


def _resources(operation: str, request: Mapping[str, Any], scope: Scope) -> Iterator[str]:
    if operation.startswith("List") and operation not in (
        "ListTags",
        "ListTrainingJobsForHyperParameterTuningJob",
    ):
        return
    if "ResourceArn" in request:
        yield str(request["ResourceArn"])
    for member, kind in _KINDS.items():
        if isinstance(request.get(member), str):
            yield scope.arn(kind, request[member])


def _role(operation: str, request: Mapping[str, Any]) -> str | None:
    if operation == "CreateTrainingJob":
        return request.get("RoleArn")
    if operation == "CreateModel":
        return request.get("ExecutionRoleArn")
    if operation == "CreateHyperParameterTuningJob":
        definition = request.get("TrainingJobDefinition") or {}
        return definition.get("RoleArn")
    return None
