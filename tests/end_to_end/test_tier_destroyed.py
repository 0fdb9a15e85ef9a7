"""The end of a tier: nothing is left of it, not even of what runs in that moment.

After all other modules that use the same tier, by its name.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.conftest import MACHINE_LEARNING, SMALL_MODEL, TIER, DeployedTier, wait_until


def running_searches(tier: DeployedTier) -> list[str]:
    found = tier.aws.client("sagemaker").list_hyper_parameter_tuning_jobs()
    return [
        job["HyperParameterTuningJobName"]
        for job in found["HyperParameterTuningJobSummaries"]
        if job["HyperParameterTuningJobStatus"] in {"InProgress", "Stopping"}
    ]


def test_destroy_leaves_nothing(sandbox: DeployedTier) -> None:
    result = sandbox.cdk("destroy", "--all", "--force")
    assert result.returncode == 0, result.stdout + result.stderr
    assert remains(sandbox) == []


@pytest.mark.parametrize(
    "long",
    [{"Epochs": "200", "VectorDim": "100"}, SMALL_MODEL | {"TuningJobs": "50"}],
    ids=["training", "tuning"],
)
def test_destroy_while_a_job_runs_leaves_nothing(
    sandbox: DeployedTier, long: dict[str, str]
) -> None:
    result = sandbox.deploy(f"{TIER}-TrainingJob")
    assert result.returncode == 0, result.stdout + result.stderr
    parameters = sandbox.upload(sandbox.data) | long
    with ThreadPoolExecutor() as pool:
        deploying = pool.submit(sandbox.deploy, MACHINE_LEARNING, parameters)
        wait_until(lambda: sandbox.aws.running_jobs() or deploying.done())
        assert not deploying.done(), deploying.result()
        result = sandbox.cdk("destroy", "--all", "--force")

    assert result.returncode == 0, result.stdout + result.stderr
    assert remains(sandbox) == []


def remains(tier: DeployedTier) -> list[str]:
    """Whatever of a destroyed tier is still there."""
    sagemaker = tier.aws.client("sagemaker")
    stacks = tier.aws.client("cloudformation").list_stacks()["StackSummaries"]
    buckets = tier.aws.client("s3").list_buckets()["Buckets"]
    logs = tier.aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws-glue/jobs/{TIER}/")
    return [
        *(job["Name"] for job in tier.aws.client("glue").get_jobs()["Jobs"]),
        *(group["logGroupName"] for group in logs["logGroups"]),
        *tier.aws.running_jobs(),
        *running_searches(tier),
        *(endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]),
        *(model["ModelName"] for model in sagemaker.list_models()["Models"]),
        *(bucket["Name"] for bucket in buckets if "databucket" in bucket["Name"]),
        *(
            stack["StackName"]
            for stack in stacks
            if stack["StackName"].startswith(TIER) and stack["StackStatus"] != "DELETE_COMPLETE"
        ),
    ]
