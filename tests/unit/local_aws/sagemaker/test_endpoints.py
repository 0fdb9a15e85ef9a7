"""The control plane's models, endpoint configs and endpoints, driven by hand."""

from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.state import restore, snapshot
from tests.manual_sagemaker import ManualHosting, ManualTrainer

ENDPOINT_ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/sentiment"


@pytest.fixture
def hosting() -> ManualHosting:
    return ManualHosting()


@pytest.fixture
def plane(hosting: ManualHosting) -> ControlPlane:
    plane = ControlPlane(trainer=ManualTrainer(), hosting=hosting)
    for name in ("one", "two"):
        container = {"Image": "blazingtext:1", "ModelDataUrl": f"s3://data/{name}.tar.gz"}
        plane.call("CreateModel", {"ModelName": name, "PrimaryContainer": container})
        plane.call("CreateEndpointConfig", config(name))
    return plane


def config(name: str, **variant: Any) -> dict[str, Any]:
    hosted = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    production = {"VariantName": "AllTraffic", "ModelName": name} | (variant or hosted)
    return {"EndpointConfigName": name, "ProductionVariants": [production]}


def create(plane: ControlPlane, config_name: str = "one") -> None:
    plane.call("CreateEndpoint", {"EndpointName": "Sentiment", "EndpointConfigName": config_name})


def update(plane: ControlPlane, config_name: str = "two", **more: Any) -> None:
    request = {"EndpointName": "Sentiment", "EndpointConfigName": config_name}
    plane.call("UpdateEndpoint", request | more)


def describe(plane: ControlPlane) -> dict[str, Any]:
    return plane.call("DescribeEndpoint", {"EndpointName": "Sentiment"})


def refusal(plane: ControlPlane, operation: str, request: dict[str, Any]) -> SageMakerError:
    with pytest.raises(SageMakerError) as caught:
        plane.call(operation, request)
    return caught.value


def test_a_new_endpoint_is_creating_until_its_model_answers(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    assert describe(plane)["EndpointStatus"] == "Creating"
    hosting.deployments["Sentiment"].in_service()
    assert describe(plane)["EndpointStatus"] == "InService"


def test_an_endpoint_whose_model_never_answers_fails(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    hosting.deployments["Sentiment"].failed("no ping")
    endpoint = describe(plane)
    assert (endpoint["EndpointStatus"], endpoint["FailureReason"]) == ("Failed", "no ping")


def test_an_update_keeps_the_name_and_takes_the_new_config(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    hosting.deployments["Sentiment"].in_service()
    update(plane)
    assert (describe(plane)["EndpointStatus"], describe(plane)["EndpointConfigName"]) == (
        "Updating",
        "one",
    )
    hosting.deployments["Sentiment"].in_service()
    assert (describe(plane)["EndpointStatus"], describe(plane)["EndpointConfigName"]) == (
        "InService",
        "two",
    )


def test_a_failed_update_leaves_the_old_config_in_service(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    hosting.deployments["Sentiment"].in_service()
    update(plane)
    hosting.deployments["Sentiment"].failed("no ping")
    endpoint = describe(plane)
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == "one"
    assert endpoint["FailureReason"] == "no ping"


def test_the_next_update_clears_the_failure(plane: ControlPlane, hosting: ManualHosting) -> None:
    create(plane)
    hosting.deployments["Sentiment"].failed("no ping")
    update(plane)
    hosting.deployments["Sentiment"].in_service()
    assert "FailureReason" not in describe(plane)


def test_an_endpoint_that_is_being_updated_refuses_another_update(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    error = refusal(
        plane, "UpdateEndpoint", {"EndpointName": "Sentiment", "EndpointConfigName": "two"}
    )
    assert error.message == f'Cannot update in-progress endpoint "{ENDPOINT_ARN}".'


def test_a_report_of_a_deleted_endpoint_does_not_touch_its_successor(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    late = hosting.deployments["Sentiment"]
    plane.call("DeleteEndpoint", {"EndpointName": "Sentiment"})
    create(plane)
    late.failed("no ping")
    assert describe(plane)["EndpointStatus"] == "Creating"


def test_a_deleted_endpoint_is_no_longer_hosted(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    plane.call("DeleteEndpoint", {"EndpointName": "Sentiment"})
    assert hosting.removed == ["Sentiment"]


def test_an_unknown_endpoint_is_named_by_its_arn(plane: ControlPlane) -> None:
    error = refusal(plane, "DescribeEndpoint", {"EndpointName": "Sentiment"})
    assert error.message == f'Could not find endpoint "{ENDPOINT_ARN}".'


@pytest.mark.parametrize("name", ["Sentiment", "sentiment", "SENTIMENT"])
def test_an_existing_endpoint_cannot_be_created_again_in_any_case(
    plane: ControlPlane, name: str
) -> None:
    create(plane)
    error = refusal(plane, "CreateEndpoint", {"EndpointName": name, "EndpointConfigName": "one"})
    assert error.message == f'Cannot create already existing endpoint "{ENDPOINT_ARN}".'


def test_the_case_of_a_name_is_kept_and_counts_when_it_is_asked_for(plane: ControlPlane) -> None:
    create(plane)
    assert describe(plane)["EndpointName"] == "Sentiment"
    error = refusal(plane, "DescribeEndpoint", {"EndpointName": "sentiment"})
    assert error.message == f'Could not find endpoint "{ENDPOINT_ARN}".'


def test_the_deployment_config_is_remembered(plane: ControlPlane, hosting: ManualHosting) -> None:
    create(plane)
    hosting.deployments["Sentiment"].in_service()
    traffic = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    deployment = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}}
    update(plane, DeploymentConfig=deployment)
    assert describe(plane)["LastDeploymentConfig"] == deployment


def test_the_host_is_told_where_the_model_is(plane: ControlPlane, hosting: ManualHosting) -> None:
    create(plane)
    (variant,) = hosting.deployments["Sentiment"].variants
    assert (variant.name, variant.model_data_url) == ("AllTraffic", "s3://data/one.tar.gz")


def test_a_serverless_model_has_three_minutes_to_answer(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    assert hosting.deployments["Sentiment"].variants[0].startup_timeout_s == 180


def test_an_instance_variant_may_say_how_long_its_model_takes(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    variant = {
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "ContainerStartupHealthCheckTimeoutInSeconds": 600,
    }
    request = config("one", **variant) | {"EndpointConfigName": "instances"}
    plane.call("CreateEndpointConfig", request)
    create(plane, "instances")
    hosting.deployments["Sentiment"].in_service()
    assert hosting.deployments["Sentiment"].variants[0].startup_timeout_s == 600
    assert describe(plane)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ({"InitialVariantWeight": 1.0}, "must have either InstanceType or ServerlessConfig"),
        (
            {"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1}},
            "multiple of 1024 from 1024 to 6144; the request has 1500",
        ),
        (
            {"ServerlessConfig": {"MemorySizeInMB": 8192, "MaxConcurrency": 1}},
            "at 'productionVariants.1.member.serverlessConfig.memorySizeInMB' failed to satisfy"
            " constraint: Member must have value less than or equal to 6144",
        ),
    ],
)
def test_a_variant_that_sagemaker_cannot_host_is_refused(
    plane: ControlPlane, variant: dict[str, Any], message: str
) -> None:
    request = config("one", **variant) | {"EndpointConfigName": "new"}
    assert message in refusal(plane, "CreateEndpointConfig", request).message


def test_a_config_names_only_models_that_exist(plane: ControlPlane) -> None:
    error = refusal(plane, "CreateEndpointConfig", config("three"))
    assert error.message == (
        'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/three".'
    )


def test_a_model_needs_a_container(plane: ControlPlane) -> None:
    error = refusal(plane, "CreateModel", {"ModelName": "three"})
    assert error.message == "You must provide either PrimaryContainer or Containers."


def test_models_are_listed_newest_first(plane: ControlPlane) -> None:
    rows = plane.call("ListModels", {"SortBy": "Name"})["Models"]
    assert [row["ModelName"] for row in rows] == ["two", "one"]


def test_a_restart_brings_everything_back_and_deploys_what_served(
    plane: ControlPlane, hosting: ManualHosting
) -> None:
    create(plane)
    hosting.deployments["Sentiment"].in_service()
    saved, host = snapshot(plane), ManualHosting()
    again = ControlPlane(trainer=ManualTrainer(), hosting=host)
    restore(again, saved)
    assert describe(again)["EndpointStatus"] == "SystemUpdating"
    host.deployments["Sentiment"].in_service()
    assert snapshot(again)["models"] == saved["models"]
    assert describe(again)["EndpointStatus"] == "InService"


def test_a_job_that_was_running_at_a_restart_has_failed() -> None:
    from tests.unit.local_aws.sagemaker.test_control_plane import job_request

    plane = ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())
    plane.call("CreateTrainingJob", job_request())
    again = ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())
    restore(again, snapshot(plane))
    job = again.call("DescribeTrainingJob", {"TrainingJobName": "My-Job"})
    assert job["TrainingJobStatus"] == "Failed"
    assert "the embedded AWS was stopped" in job["FailureReason"]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateModel", {"ModelName": "ONE", "PrimaryContainer": {"Image": "blazingtext:1"}}),
        ("CreateEndpointConfig", config("one") | {"EndpointConfigName": "ONE"}),
    ],
)
def test_names_that_differ_in_case_alone_are_one(
    plane: ControlPlane, operation: str, request_: dict[str, Any]
) -> None:
    assert "already existing" in refusal(plane, operation, request_).message


SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}


@pytest.mark.parametrize(
    ("model", "feature"),
    [
        ({"EnableNetworkIsolation": True}, "network isolation"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1"]}}, "VPC configuration"),
    ],
)
def test_a_serverless_variant_excludes_what_its_model_asks_for(
    plane: ControlPlane, model: dict[str, Any], feature: str
) -> None:
    container = {"Image": "blazingtext:1"}
    plane.call("CreateModel", {"ModelName": "shut", "PrimaryContainer": container, **model})
    request = config("shut", ModelName="shut", **SERVERLESS)
    error = refusal(plane, "CreateEndpointConfig", request)
    assert error.message == f"Serverless Inference does not support {feature}."


def test_a_serverless_endpoint_has_one_variant(plane: ControlPlane) -> None:
    variants = [{"VariantName": name, "ModelName": "one", **SERVERLESS} for name in "ab"]
    request = {"EndpointConfigName": "both", "ProductionVariants": variants}
    error = refusal(plane, "CreateEndpointConfig", request)
    assert "does not support multiple production variants" in error.message


def test_no_more_concurrency_is_provisioned_than_there_is(plane: ControlPlane) -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 6}
    request = config("warm", ModelName="one", ServerlessConfig=serverless)
    assert (
        "less than or equal to MaxConcurrency (5)"
        in refusal(plane, "CreateEndpointConfig", request).message
    )
