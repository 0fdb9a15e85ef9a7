"""SageMaker's quotas: what they count, and the refusals in AWS's words."""

from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.quotas import CONCURRENCY, MEMORY, Quotas, quota_code
from tests.manual_sagemaker import ManualAlarms, ManualHosting, ManualTrainer, MiddleOptimiser
from tests.unit.local_aws.sagemaker.tuning_request import tuning_request

SERVES = "ml.m5.large for endpoint usage"
TRAINS = "ml.c5.xlarge for training job usage"
M5 = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}


class Account:
    """An account with quotas, in which endpoints and jobs do what the test says."""

    def __init__(self, **quotas: int) -> None:
        self.hosting, self.trainer = ManualHosting(), ManualTrainer()
        self.plane = ControlPlane(
            trainer=self.trainer,
            hosting=self.hosting,
            quotas=Quotas(quotas),
            optimiser=MiddleOptimiser(),
            alarm=ManualAlarms(),
        )
        container = {"Image": "blazingtext:1", "ModelDataUrl": "s3://data/model.tar.gz"}
        self.plane.call("CreateModel", {"ModelName": "m", "PrimaryContainer": container})

    def config(self, **hosted: Any) -> str:
        name = f"config-{len(self.plane.endpoint_configs.snapshot())}"
        variant = {"VariantName": "AllTraffic", "ModelName": "m", **(hosted or M5)}
        request = {"EndpointConfigName": name, "ProductionVariants": [variant]}
        self.plane.call("CreateEndpointConfig", request)
        return name

    def create(self, name: str, **hosted: Any) -> None:
        request = {"EndpointName": name, "EndpointConfigName": self.config(**hosted)}
        self.plane.call("CreateEndpoint", request)
        self.hosting.deployments[name].in_service()

    def update(self, name: str, **hosted: Any) -> None:
        request = {"EndpointName": name, "EndpointConfigName": self.config(**hosted)}
        self.plane.call("UpdateEndpoint", request)

    def train(self, name: str) -> None:
        self.plane.call(
            "CreateTrainingJob",
            {
                "TrainingJobName": name,
                "AlgorithmSpecification": {"TrainingImage": "bt:1", "TrainingInputMode": "File"},
                "RoleArn": "arn:aws:iam::000000000000:role/training",
                "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
                "ResourceConfig": {
                    "InstanceType": "ml.c5.xlarge",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 5,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            },
        )


def serverless(concurrency: int, memory: int = 2048) -> dict[str, Any]:
    return {"ServerlessConfig": {"MemorySizeInMB": memory, "MaxConcurrency": concurrency}}


def test_a_type_that_the_account_does_not_have_is_refused_in_sagemakers_words() -> None:
    account = Account(**{SERVES: 0})
    with pytest.raises(SageMakerError) as caught:
        account.create("one")
    assert (caught.value.code, caught.value.message) == (
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances, with"
        " current utilization of 0 Instances and a request delta of 2 Instances. Please use AWS"
        " Service Quotas to request an increase for this quota. If AWS Service Quotas is not"
        " available, contact AWS support to request an increase for this quota.",
    )


def test_an_update_needs_room_for_both_fleets() -> None:
    account = Account(**{SERVES: 3})
    account.create("one")
    with pytest.raises(SageMakerError, match="utilization of 2 Instances and a request delta of 2"):
        account.update("one")


def test_an_updates_new_fleet_counts_while_it_comes_up() -> None:
    account = Account(**{SERVES: 4})
    account.create("one")
    account.update("one")
    with pytest.raises(SageMakerError, match="utilization of 4 Instances"):
        account.create("two")


def test_the_former_fleet_counts_no_more_after_an_update() -> None:
    account = Account(**{SERVES: 4})
    account.create("one")
    account.update("one")
    account.hosting.deployments["one"].in_service()
    account.update("one")


def test_a_fleet_that_never_served_counts_no_more() -> None:
    account = Account(**{SERVES: 2})
    account.plane.call(
        "CreateEndpoint", {"EndpointName": "one", "EndpointConfigName": account.config()}
    )
    account.hosting.deployments["one"].failed("no ping")
    account.create("two")


def test_a_deleted_endpoints_instances_are_free() -> None:
    account = Account(**{SERVES: 2})
    account.create("one")
    account.plane.call("DeleteEndpoint", {"EndpointName": "one"})
    account.create("two")


def test_serverless_endpoints_share_the_accounts_concurrency() -> None:
    account = Account(**{CONCURRENCY: 15})
    account.create("one", **serverless(10))
    with pytest.raises(SageMakerError, match="utilization of 10 None and a request delta of 10"):
        account.create("two", **serverless(10))


def test_a_serverless_update_takes_over_the_concurrency_that_it_replaces() -> None:
    account = Account(**{CONCURRENCY: 10})
    account.create("one", **serverless(10))
    account.update("one", **serverless(10))


def test_a_serverless_endpoint_has_no_more_memory_than_the_account_may_give_it() -> None:
    account = Account(**{MEMORY: 3072})
    with pytest.raises(SageMakerError, match="is 3072 Megabytes"):
        account.create("one", **serverless(1, memory=4096))


def test_training_jobs_count_while_they_run() -> None:
    account = Account(**{TRAINS: 1})
    account.train("one")
    with pytest.raises(SageMakerError, match=TRAINS) as caught:
        account.train("two")
    assert caught.value.code == "ResourceLimitExceeded"


def test_a_training_job_that_is_over_counts_no_more() -> None:
    account = Account(**{TRAINS: 1})
    account.train("one")
    account.trainer.runs["one"].failed("ClientError: broken")
    account.train("two")


def test_an_unknown_quota_is_named() -> None:
    with pytest.raises(ValueError, match=r"no quota 'ml\.m5\.large'"):
        Quotas({"ml.m5.large": 1})


def test_a_quota_is_not_negative() -> None:
    with pytest.raises(ValueError, match="cannot be -1"):
        Quotas({SERVES: -1})


def test_service_quotas_shows_the_value_in_force_and_the_default() -> None:
    quotas = Quotas({SERVES: 3})
    shown = [
        row["Value"]
        for applied in (True, False)
        for row in quotas.rows(applied=applied)
        if row["QuotaName"] == SERVES
    ]
    assert shown == [3.0, 20.0]


def test_no_two_quotas_have_one_code() -> None:
    names = [row["QuotaName"] for row in Quotas().rows(applied=True)]
    assert len({quota_code(name) for name in names}) == len(names)


def test_a_tuning_job_needs_room_for_the_jobs_that_it_runs_at_once() -> None:
    account = Account(**{TRAINS: 1})
    with pytest.raises(SageMakerError, match="request delta of 2 Instances"):
        account.plane.call("CreateHyperParameterTuningJob", tuning_request())
