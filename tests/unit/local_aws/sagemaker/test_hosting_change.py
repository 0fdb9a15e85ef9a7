"""What UpdateEndpoint refuses to change, and Application Auto Scaling's targets."""

from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.scalable_targets import ScalableTargets
from local_aws.sagemaker.state import restore, snapshot
from tests.manual_sagemaker import ManualHosting, ManualTrainer

SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
M5 = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
C5 = {"InstanceType": "ml.c5.large", "InitialInstanceCount": 2}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/Sentiment/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = {**TARGET, "PolicyName": "invocations"}


@pytest.fixture
def hosting() -> ManualHosting:
    return ManualHosting()


@pytest.fixture
def plane(hosting: ManualHosting) -> ControlPlane:
    plane = ControlPlane(trainer=ManualTrainer(), hosting=hosting)
    container = {"Image": "blazingtext:1", "ModelDataUrl": "s3://data/model.tar.gz"}
    plane.call("CreateModel", {"ModelName": "model", "PrimaryContainer": container})
    return plane


@pytest.fixture
def targets(plane: ControlPlane) -> ScalableTargets:
    return plane.endpoints.targets


def config(plane: ControlPlane, name: str, *hosted: dict[str, Any], variant: str) -> None:
    variants = [{"VariantName": variant, "ModelName": "model", **one} for one in hosted]
    plane.call("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": variants})


def create(plane: ControlPlane, hosting: ManualHosting, hosted: dict[str, Any]) -> None:
    config(plane, "first", hosted, variant="AllTraffic")
    plane.call("CreateEndpoint", {"EndpointName": "Sentiment", "EndpointConfigName": "first"})
    hosting.deployments["Sentiment"].in_service()


def update(
    plane: ControlPlane, hosted: dict[str, Any], *, variant: str = "AllTraffic", **more: Any
) -> None:
    name = f"config-{len(plane.endpoint_configs.snapshot())}"
    config(plane, name, hosted, variant=variant)
    request = {"EndpointName": "Sentiment", "EndpointConfigName": name}
    plane.call("UpdateEndpoint", request | more)


def describe(plane: ControlPlane) -> dict[str, Any]:
    return plane.call("DescribeEndpoint", {"EndpointName": "Sentiment"})


def test_an_endpoint_on_instances_cannot_become_serverless(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane, hosting, M5)
    with pytest.raises(SageMakerError, match="cannot be converted to a serverless") as caught:
        update(plane, SERVERLESS)
    assert caught.value.code == "ValidationException"


def test_a_scaled_variant_is_told_that_it_never_becomes_serverless(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    with pytest.raises(SageMakerError, match="cannot be converted to a serverless"):
        update(plane, SERVERLESS)


def test_a_refused_conversion_leaves_the_endpoint_in_service(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane, hosting, M5)
    with pytest.raises(SageMakerError):
        update(plane, SERVERLESS)
    assert (describe(plane)["EndpointStatus"], describe(plane)["EndpointConfigName"]) == (
        "InService",
        "first",
    )


def test_a_serverless_endpoint_can_move_to_instances(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane, hosting, SERVERLESS)
    update(plane, M5)
    assert describe(plane)["EndpointStatus"] == "Updating"


def test_a_scaled_variant_keeps_its_instance_type(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    with pytest.raises(SageMakerError, match=r"from ml\.m5\.large to ml\.c5\.large") as caught:
        update(plane, C5)
    assert caught.value.code == "ValidationException"


def test_a_scaled_variant_takes_another_model(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    update(plane, M5)
    assert describe(plane)["EndpointStatus"] == "Updating"


def test_a_scaled_variant_cannot_be_left_out(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    with pytest.raises(SageMakerError, match="the variant is gone"):
        update(plane, M5, variant="Other", RetainAllVariantProperties=True)


def test_a_variant_that_is_scaled_no_more_takes_another_instance_type(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    targets.deregister(TARGET)
    update(plane, C5)
    assert describe(plane)["EndpointStatus"] == "Updating"


def test_retained_properties_are_those_before_the_update(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane, hosting, M5)
    update(plane, {**M5, "InitialInstanceCount": 1}, RetainAllVariantProperties=True)
    hosting.deployments["Sentiment"].in_service()
    assert describe(plane)["ProductionVariants"][0]["DesiredInstanceCount"] == 2


def test_an_update_takes_the_configs_properties_unless_told_otherwise(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane, hosting, M5)
    update(plane, {**M5, "InitialInstanceCount": 1})
    hosting.deployments["Sentiment"].in_service()
    assert describe(plane)["ProductionVariants"][0]["DesiredInstanceCount"] == 1


def test_a_target_needs_a_variant_that_serves(targets: ScalableTargets) -> None:
    with pytest.raises(SageMakerError, match="doesn't exist"):
        targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})


@pytest.mark.parametrize("hosted", [SERVERLESS, {**M5, "InstanceType": "ml.t2.medium"}])
def test_what_has_no_instances_to_scale_is_no_target(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets, hosted: dict[str, Any]
) -> None:
    create(plane, hosting, hosted)
    with pytest.raises(SageMakerError, match="cannot be scaled"):
        targets.register({**TARGET, "MinCapacity": 1, "MaxCapacity": 4})


def test_the_least_capacity_is_no_more_than_the_largest(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    with pytest.raises(SageMakerError, match="cannot be less than minimum"):
        targets.register({**TARGET, "MinCapacity": 5, "MaxCapacity": 4})


def test_a_policy_needs_a_registered_target(targets: ScalableTargets) -> None:
    with pytest.raises(SageMakerError, match="No scalable target registered") as caught:
        targets.put_policy(POLICY)
    assert caught.value.code == "ObjectNotFoundException"


def test_policies_go_with_their_target(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    targets.put_policy(POLICY)
    targets.deregister(TARGET)
    assert targets.describe_policies({"ServiceNamespace": "sagemaker"}) == {"ScalingPolicies": []}


def test_a_policy_that_is_put_again_keeps_its_arn(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    assert targets.put_policy(POLICY)["PolicyARN"] == targets.put_policy(POLICY)["PolicyARN"]


def test_a_deleted_endpoint_takes_its_targets_with_it(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    plane.call("DeleteEndpoint", {"EndpointName": "Sentiment"})
    assert targets.describe({"ServiceNamespace": "sagemaker"}) == {"ScalableTargets": []}


def test_targets_and_policies_outlive_the_process(
    plane: ControlPlane, hosting: ManualHosting, targets: ScalableTargets
) -> None:
    create(plane, hosting, M5)
    targets.register({**TARGET, "MinCapacity": 2, "MaxCapacity": 4})
    targets.put_policy(POLICY)
    later = ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())
    restore(later, snapshot(plane))
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [TARGET["ResourceId"]]}
    assert later.endpoints.targets.describe(asked) == targets.describe(asked)


def test_an_unknown_namespace_is_refused(targets: ScalableTargets) -> None:
    with pytest.raises(SageMakerError, match="scales nothing of ecs"):
        targets.register({**TARGET, "ServiceNamespace": "ecs"})
