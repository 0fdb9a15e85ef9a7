"""The end of a tier: nothing is left of it, not even of what runs in that moment.

After all other modules that use the same tier, by its name.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.end_to_end.conftest import MACHINE_LEARNING, SMALL_MODEL, TIER, DeployedTier, wait_until

OPERATIONS = f"{TIER}-Operations"


def running_searches(tier: DeployedTier) -> list[str]:
    found = tier.aws.client("sagemaker").list_hyper_parameter_tuning_jobs()
    return [
        job["HyperParameterTuningJobName"]
        for job in found["HyperParameterTuningJobSummaries"]
        if job["HyperParameterTuningJobStatus"] in {"InProgress", "Stopping"}
    ]


def test_alarms_and_dashboard_are_there(sandbox: DeployedTier) -> None:
    result = sandbox.deploy(OPERATIONS, {"AlarmEmail": "ops@example.org"})
    assert result.returncode == 0, result.stdout + result.stderr
    watching = set(watched_by(sandbox))
    assert {f"{TIER}-ApiErrors", f"{TIER}-NoTraffic", f"{TIER}-EndpointErrors"} <= watching
    assert {f"{TIER}-sentiment", f"{TIER}-TrainingFailed", "ops@example.org"} <= watching


def test_dashboard_is_one_that_cloudwatch_can_read(sandbox: DeployedTier) -> None:
    cloudwatch = sandbox.aws.client("cloudwatch")
    body = cloudwatch.get_dashboard(DashboardName=f"{TIER}-sentiment")["DashboardBody"]
    titles = [widget["properties"].get("title") for widget in json.loads(body)["widgets"]]
    assert {"Traffic", "Sentiments", "Share of unsure"} <= set(titles)


def test_what_drift_shows_in_is_measured(sandbox: DeployedTier) -> None:
    assert sandbox.call(body={"instances": ["What a wonderful film", "!"]}).status == 200
    cloudwatch = sandbox.aws.client("cloudwatch")

    def measured() -> set[str]:
        found = cloudwatch.list_metrics(Namespace="Sentiment")["Metrics"]
        return {metric["MetricName"] for metric in found}

    wait_until(lambda: {"Answers", "Confidence", "Unsure", "Accuracy"} <= measured(), seconds=20)


def test_address_that_is_not_given_again_is_kept(sandbox: DeployedTier) -> None:
    result = sandbox.deploy(OPERATIONS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert sandbox.parameters(OPERATIONS)["AlarmEmail"] == "ops@example.org"


def test_functions_log_to_groups_that_end(sandbox: DeployedTier) -> None:
    found = {group["logGroupName"]: group for group in log_groups(sandbox)}
    assert [name for name in found if "SentimentAnalysis" in name]
    assert [name for name, group in found.items() if "retentionInDays" not in group] == []


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
    return [
        *(job["Name"] for job in tier.aws.client("glue").get_jobs()["Jobs"]),
        *(group["logGroupName"] for group in log_groups(tier)),
        *watched_by(tier),
        *parameters_and_keys(tier),
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


def log_groups(tier: DeployedTier) -> list[dict[str, Any]]:
    """The log groups of the tier, those too that services made at run time."""
    pages = tier.aws.client("logs").get_paginator("describe_log_groups").paginate()
    groups = [group for page in pages for group in page["logGroups"]]
    return [one for one in groups if TIER in one["logGroupName"]]


def watched_by(tier: DeployedTier) -> Iterator[str]:
    """Alarms, dashboards, rules, topics and whom they tell, and budgets."""
    cloudwatch = tier.aws.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    budgets = tier.aws.client("budgets").describe_budgets(AccountId="000000000000")
    sns = tier.aws.client("sns")
    names = [
        *(alarm["AlarmName"] for alarm in alarms["MetricAlarms"]),
        *(alarm["AlarmName"] for alarm in alarms["CompositeAlarms"]),
        *(one["DashboardName"] for one in cloudwatch.list_dashboards()["DashboardEntries"]),
        *(rule["Name"] for rule in tier.aws.client("events").list_rules()["Rules"]),
        *(budget["BudgetName"] for budget in budgets.get("Budgets", ())),
        *(topic["TopicArn"].rpartition(":")[2] for topic in sns.list_topics()["Topics"]),
    ]
    yield from (name for name in names if name.startswith(f"{TIER}-"))
    for subscription in sns.list_subscriptions()["Subscriptions"]:
        if f":{TIER}-" in subscription["TopicArn"]:
            yield subscription["Endpoint"]


def parameters_and_keys(tier: DeployedTier) -> Iterator[str]:
    """SSM parameters, functions, and keys, of which one that is to be deleted is still there."""
    for parameter in tier.aws.client("ssm").describe_parameters()["Parameters"]:
        if parameter["Name"].startswith(f"/{TIER}/"):
            yield parameter["Name"]
    for function in tier.aws.client("lambda").list_functions()["Functions"]:
        if function["FunctionName"].startswith(f"{TIER}-"):
            yield function["FunctionName"]
    kms = tier.aws.client("kms")
    for key in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if TIER in metadata.get("Description", ""):
            yield f"{metadata['KeyState']} key {metadata['Description']}"
