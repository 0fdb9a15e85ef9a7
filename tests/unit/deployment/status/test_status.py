"""What `status` says of a tier, above all of one that is not as it should be."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deployment.cost.price_table import instance_price
from deployment.status.table import table
from stacks.tiers import PRODUCTION
from tests.unit.deployment.status.fake_tier import (
    API,
    ENDPOINT,
    JOB,
    MODEL,
    NOW,
    PREFIX,
    PREPARATION,
    TRAINING,
    FakeTier,
    endpoint,
    job,
    refusal,
    stack,
)

NEWER = "Sandbox-blazingtext-ba9876543210"


@pytest.fixture
def tier() -> FakeTier:
    return FakeTier()


# --- which tier -------------------------------------------------------------------------


def test_tier_without_stacks_is_told_with_where_it_was_looked_for(tier: FakeTier) -> None:
    with pytest.raises(ValueError, match=r"There is no tier 'Alice' in eu-west-1.*TIER=Alice"):
        tier.status("Alice")


def test_refusal_of_cloudformation_is_not_taken_for_a_missing_tier(tier: FakeTier) -> None:
    def describe_stacks(**_: Any) -> dict[str, Any]:
        raise refusal("AccessDenied", "not authorized to perform cloudformation:DescribeStacks")

    tier.describe_stacks = describe_stacks  # type: ignore[method-assign]
    with pytest.raises(ClientError, match="not authorized"):
        tier.status()


# --- stacks -----------------------------------------------------------------------------


def test_stack_that_is_not_deployed_is_listed_without_a_status(tier: FakeTier) -> None:
    del tier.stacks[MODEL], tier.stacks[API]
    assert [(s.name, s.status) for s in tier.status().stacks] == [
        (TRAINING, "CREATE_COMPLETE"),
        (MODEL, None),
        (API, None),
    ]


def test_optional_stack_is_listed_only_where_it_is_deployed(tier: FakeTier) -> None:
    without = [s.name for s in tier.status().stacks]
    tier.stacks[PREPARATION] = stack()
    assert [s.name for s in tier.status().stacks] == [*without, PREPARATION]


def test_last_deployment_is_the_last_update(tier: FakeTier) -> None:
    tier.stacks[MODEL]["LastUpdatedTime"] = NOW - timedelta(hours=3)
    times = [s.last_deployed for s in tier.status().stacks]
    assert times == [NOW - timedelta(days=2), NOW - timedelta(hours=3), NOW - timedelta(days=2)]


def test_failed_first_deployment_is_shown_with_its_reason_and_its_job(tier: FakeTier) -> None:
    tier.stacks[MODEL] = stack("ROLLBACK_COMPLETE") | {"StackStatusReason": "the gate was missed"}
    tier.jobs = {JOB: job("Failed") | {"FailureReason": "ClientError: no labels"}}
    tier.endpoints = {}
    del tier.stacks[API]
    status = tier.status()
    assert (status.stacks[1].status, status.stacks[1].reason) == (
        "ROLLBACK_COMPLETE",
        "the gate was missed",
    )
    assert (status.training_job, status.endpoint, status.api_url) == (None, None, None)
    assert status.latest_job is not None
    assert (status.latest_job.name, status.latest_job.failure_reason) == (
        JOB,
        "ClientError: no labels",
    )


def test_tier_with_a_bucket_alone_has_neither_model_nor_cost(tier: FakeTier) -> None:
    tier.stacks = {TRAINING: tier.stacks[TRAINING] | {"Parameters": []}}
    tier.jobs, tier.endpoints = {}, {}
    status = tier.status()
    assert (status.training_job, status.latest_job, status.data, status.quality) == (None,) * 4
    assert status.idle_cost.usd_per_hour == 0


# --- training jobs ----------------------------------------------------------------------


def test_duration_of_a_job_is_from_start_to_end(tier: FakeTier) -> None:
    served = tier.status().training_job
    assert served is not None
    assert (served.status, served.started, served.duration_seconds) == (
        "Completed",
        NOW - timedelta(hours=1),
        75,
    )


def test_job_under_way_is_shown_beside_the_one_that_serves(tier: FakeTier) -> None:
    tier.jobs = {NEWER: job("InProgress", age=timedelta(minutes=2)), **tier.jobs}
    status = tier.status()
    assert status.training_job is not None
    assert status.latest_job is not None
    assert status.training_job.name == JOB
    assert (status.latest_job.name, status.latest_job.duration_seconds) == (NEWER, 120)


def test_job_that_waits_for_its_instance_counts_from_its_request(tier: FakeTier) -> None:
    waiting = job("InProgress")
    del waiting["TrainingStartTime"]
    tier.jobs = {JOB: waiting}
    served = tier.status().training_job
    assert served is not None
    assert served.duration_seconds == 3630


def test_job_of_a_clock_ahead_of_ours_took_no_negative_time(tier: FakeTier) -> None:
    tier.jobs = {JOB: job("InProgress", age=timedelta(seconds=-5))}
    served = tier.status().training_job
    assert served is not None
    assert served.duration_seconds == 0


def test_jobs_of_a_tier_whose_name_ends_alike_are_passed_over(tier: FakeTier) -> None:
    others = {f"Our-Sandbox-blazingtext-{number}": job("Failed") for number in range(3)}
    tier.jobs = {**others, NEWER: job("Stopped"), **tier.jobs}
    latest = tier.status().latest_job
    assert latest is not None
    assert latest.name == NEWER


def test_model_trained_elsewhere_has_a_job_without_a_status(tier: FakeTier) -> None:
    tier.jobs = {}
    status = tier.status()
    assert status.training_job is not None
    assert (status.training_job.name, status.training_job.status) == (JOB, None)


# --- data -------------------------------------------------------------------------------


def test_rows_and_labels_are_those_of_the_manifest_beside_the_data(tier: FakeTier) -> None:
    data = tier.status().data
    assert data is not None
    assert (data.content_hash, data.rows, data.manifest_problem) == (
        "aa93553e0f7a",
        {"train": 8000, "test": 2},
        None,
    )
    assert data.labels == {
        "train": {"negative": 3, "positive": 7997},
        "test": {"negative": 2},
    }
    assert data.sha256 == {"train.txt": "c6", "test.txt": "8f"}


def test_data_is_what_the_serving_job_was_given_not_what_an_update_asks_for(
    tier: FakeTier,
) -> None:
    tier.stacks[MODEL]["StackStatus"] = "UPDATE_IN_PROGRESS"
    tier.stacks[MODEL]["Parameters"] = [
        {"ParameterKey": "TrainKey", "ParameterValue": "datasets/bbbbbbbbbbbb/train.txt"}
    ]
    data = tier.status().data
    assert data is not None
    assert (data.train_key, data.test_key) == (f"{PREFIX}/train.txt", f"{PREFIX}/test.txt")


VALIDATION = f"{PREFIX}/validation.txt"


def with_validation_file(tier: FakeTier) -> None:
    """The job has looked at a file of its own."""
    source = tier.jobs[JOB]["InputDataConfig"][1]["DataSource"]["S3DataSource"]
    source["S3Uri"] = f"s3://bucket/{VALIDATION}"


def test_job_with_a_validation_file_has_the_test_file_of_its_stack(tier: FakeTier) -> None:
    with_validation_file(tier)
    tier.stacks[MODEL]["Parameters"] += [
        {"ParameterKey": "ValidationKey", "ParameterValue": VALIDATION}
    ]
    data = tier.status().data
    assert data is not None
    assert (data.validation_key, data.test_key) == (VALIDATION, f"{PREFIX}/test.txt")


def test_test_file_of_a_former_jobs_data_is_not_known(tier: FakeTier) -> None:
    with_validation_file(tier)
    data = tier.status().data
    assert data is not None
    assert (data.validation_key, data.test_key) == (VALIDATION, None)


@pytest.mark.parametrize(
    ("validated_on", "told"),
    [("d/test.txt", True), ("d/validation.txt", False), ("unknown", False)],
)
def test_accuracy_on_what_early_stopping_looked_at_is_called_optimistic(
    tier: FakeTier, validated_on: str, told: bool
) -> None:
    tier.stacks[MODEL]["Outputs"] += stack(
        Accuracy="0.9069", EvaluatedOn="d/test.txt", ValidatedOn=validated_on
    )["Outputs"]
    status = tier.status()
    assert status.quality is not None
    assert status.quality.validated_on == (None if validated_on == "unknown" else validated_on)
    assert ("optimistic" in table(status)) is told


def test_data_of_a_job_that_sagemaker_does_not_know_is_the_stacks(tier: FakeTier) -> None:
    tier.jobs = {}
    data = tier.status().data
    assert data is not None
    assert (data.bucket, data.train_key) == ("bucket", f"{PREFIX}/train.txt")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no dataset.json beside it"),
        (b"{", "dataset.json is not as `prepare` writes it"),
        (b"[" * 2_000_000, "dataset.json is not as `prepare` writes it"),
        (b'{"format": 99}', "dataset.json has the format 99, which this version does not know"),
    ],
    ids=["missing", "broken", "huge", "other format"],
)
def test_data_without_a_usable_manifest_says_why(
    tier: FakeTier, content: bytes | None, problem: str
) -> None:
    tier.objects = {} if content is None else {f"{PREFIX}/dataset.json": content}
    data = tier.status().data
    assert data is not None
    assert (data.rows, data.content_hash, data.manifest_problem) == (None, "aa93553e0f7a", problem)


def test_manifest_that_may_not_be_read_hides_nothing_else(tier: FakeTier) -> None:
    tier.objects, tier.object_refusal = {}, refusal("AccessDenied", "no", 403)
    status = tier.status()
    assert status.data is not None
    assert status.data.manifest_problem == "dataset.json may not be read (AccessDenied)"
    assert status.endpoint is not None


def test_key_of_ones_own_has_no_content_hash(tier: FakeTier) -> None:
    channel = tier.jobs[JOB]["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://bucket/mine/reviews.txt"
    data = tier.status().data
    assert data is not None
    assert (data.train_key, data.content_hash) == ("mine/reviews.txt", None)


# --- quality ----------------------------------------------------------------------------


def test_accuracy_of_a_stack_without_an_evaluation_is_the_jobs(tier: FakeTier) -> None:
    quality = tier.status().quality
    assert quality is not None
    assert (quality.accuracy, quality.measured_by, quality.report) == (0.9165, "validation", None)


def test_accuracy_of_the_evaluation_goes_before_the_jobs(tier: FakeTier) -> None:
    tier.stacks[MODEL]["Outputs"] += stack(
        Accuracy="0.9069", MacroF1="0.9068", ReportKey=f"evaluations/{JOB}/report.html"
    )["Outputs"]
    quality = tier.status().quality
    assert quality is not None
    assert (quality.accuracy, quality.measured_by, quality.macro_f1, quality.report) == (
        0.9069,
        "evaluation",
        0.9068,
        f"s3://bucket/evaluations/{JOB}/report.html",
    )


@pytest.mark.parametrize("text", ["", "none", "nan"])
def test_accuracy_that_is_no_number_is_unknown(tier: FakeTier, text: str) -> None:
    tier.stacks[MODEL] = stack(TrainingJobName=JOB, ValidationAccuracy=text)
    assert tier.status().quality is None


# --- endpoint and cost ------------------------------------------------------------------


def test_serverless_endpoint_costs_nothing_while_idle(tier: FakeTier) -> None:
    status = tier.status()
    assert status.endpoint is not None
    (variant,) = status.endpoint.variants
    assert (variant.serverless_memory_mb, variant.serverless_concurrency) == (2048, 10)
    assert (variant.instance_type, status.idle_cost.usd_per_hour) == (None, 0.0)


def test_instances_cost_their_price_each(tier: FakeTier) -> None:
    tier.host_on("ml.m5.large", 2)
    status = tier.status()
    assert status.endpoint is not None
    (variant,) = status.endpoint.variants
    assert (variant.instance_type, variant.instances) == ("ml.m5.large", 2)
    assert status.idle_cost.usd_per_hour == 0.23


def test_production_has_a_price() -> None:
    assert PRODUCTION.hosting.instance_type is not None
    assert instance_price(PRODUCTION.hosting.instance_type)


def test_cost_of_a_type_without_a_price_is_unknown(tier: FakeTier) -> None:
    tier.host_on("ml.p99.huge", 1)
    assert tier.status().idle_cost.usd_per_hour is None


def test_cost_of_two_variants_is_unknown_when_one_of_them_is(tier: FakeTier) -> None:
    tier.host_on("ml.m5.large", 1)
    tier.endpoints[ENDPOINT]["ProductionVariants"].append(
        {"VariantName": "Other", "CurrentInstanceCount": 1}
    )
    assert tier.status().idle_cost.usd_per_hour is None


def test_concurrency_that_is_kept_warm_is_not_said_to_be_free(tier: FakeTier) -> None:
    warm = {"MemorySizeInMB": 2048, "MaxConcurrency": 10, "ProvisionedConcurrency": 2}
    tier.endpoints[ENDPOINT] = endpoint(CurrentServerlessConfig=warm)
    assert tier.status().idle_cost.usd_per_hour is None


def test_endpoint_that_is_being_created_is_described_by_its_config(tier: FakeTier) -> None:
    tier.host_on("ml.m5.large", 2, status="Creating")
    del tier.endpoints[ENDPOINT]["ProductionVariants"]
    status = tier.status()
    assert status.endpoint is not None
    assert (status.endpoint.status, status.endpoint.variants[0].instances) == ("Creating", 2)


def test_instances_of_a_failed_endpoint_are_unknown_and_so_is_its_cost(tier: FakeTier) -> None:
    tier.host_on("ml.m5.large", 2, status="Failed")
    del tier.endpoints[ENDPOINT]["ProductionVariants"]
    tier.endpoints[ENDPOINT]["FailureReason"] = "The container did not pass the ping check."
    status = tier.status()
    assert status.endpoint is not None
    assert status.endpoint.failure_reason == "The container did not pass the ping check."
    assert (status.endpoint.variants[0].instances, status.idle_cost.usd_per_hour) == (None, None)


def test_endpoint_whose_config_is_deleted_is_shown_without_its_type(tier: FakeTier) -> None:
    tier.host_on("ml.m5.large", 2, status="Updating")
    tier.configs = {}
    status = tier.status()
    assert status.endpoint is not None
    assert (status.endpoint.status, status.endpoint.variants[0].instance_type) == ("Updating", None)


def test_endpoint_that_outlived_its_stack_is_found_by_its_name(tier: FakeTier) -> None:
    del tier.stacks[MODEL]
    assert tier.status().endpoint is not None


# --- --json -----------------------------------------------------------------------------


def test_json_has_times_in_utc_to_the_second(tier: FakeTier) -> None:
    said = json.loads(tier.status().to_json())
    assert said["training_job"]["started"] == "2026-11-21T11:00:00Z"


def test_json_says_its_format_and_whose_prices_it_has(tier: FakeTier) -> None:
    said = json.loads(tier.status().to_json())
    assert (said["format"], said["region"], said["idle_cost"]["prices_region"]) == (
        1,
        "eu-west-1",
        "us-east-1",
    )


# --- models that were promoted, brought in or tuned -------------------------------------


def promote(tier: FakeTier, name: str, *, train_key: str = f"{PREFIX}/train.txt") -> None:
    """Let the tier serve a model that it has not trained."""
    url = f"s3://bucket/models/{name}/output/model.tar.gz"
    tier.stacks[MODEL] = stack(
        TrainingJobName=name, ModelDataUrl=url, ValidationAccuracy="nan", Accuracy="0.8912"
    )
    tier.stacks[MODEL]["Parameters"] = [
        {"ParameterKey": "TrainKey", "ParameterValue": train_key},
        {"ParameterKey": "ModelDataUrl", "ParameterValue": url},
    ]


def test_model_that_the_tier_has_trained_is_not_imported(tier: FakeTier) -> None:
    job_status = tier.status().training_job
    assert job_status is not None
    assert (job_status.imported, job_status.tuning_job) == (False, None)


def test_promoted_model_is_shown_with_its_job_and_the_tiers_copy_of_the_data(
    tier: FakeTier,
) -> None:
    name = "Alice-blazingtext-0123456789ab"
    tier.jobs = {name: job()}
    tier.jobs[name]["InputDataConfig"] = []
    promote(tier, name)
    status = tier.status()
    assert status.training_job is not None
    assert (status.training_job.name, status.training_job.imported) == (name, True)
    assert status.training_job.status == "Completed"
    assert status.data is not None
    assert (status.data.bucket, status.data.rows) == ("bucket", {"train": 8000, "test": 2})


def test_model_trained_elsewhere_has_no_job_no_data_and_the_evaluations_accuracy(
    tier: FakeTier,
) -> None:
    promote(tier, "imported-0123456789ab", train_key="")
    status = tier.status()
    assert status.training_job is not None
    assert (status.training_job.status, status.training_job.imported) == (None, True)
    assert status.data is None
    assert status.quality is not None
    assert (status.quality.accuracy, status.quality.measured_by) == (0.8912, "evaluation")


def test_accuracy_that_is_not_a_number_is_unknown(tier: FakeTier) -> None:
    tier.stacks[MODEL] = stack(TrainingJobName=JOB, ValidationAccuracy="nan")
    assert tier.status().quality is None


def test_model_under_way_does_not_make_the_one_that_serves_an_imported_one(
    tier: FakeTier,
) -> None:
    tier.stacks[MODEL]["Parameters"].append(
        {"ParameterKey": "ModelDataUrl", "ParameterValue": "s3://bucket/models/next/model.tar.gz"}
    )
    job_status = tier.status().training_job
    assert job_status is not None
    assert not job_status.imported


TUNING = "Sandbox-tune-0123456789ab"


def tune(tier: FakeTier, number: int, age: timedelta) -> str:
    """Add a training job of the tuning job."""
    name = f"{TUNING}-{number:03}-0011aabb"
    arn = f"arn:aws:sagemaker:eu-west-1:0:hyper-parameter-tuning-job/{TUNING}"
    tier.jobs = {name: job(age=age) | {"TuningJobArn": arn}, **tier.jobs}
    return name


def test_tuned_model_is_shown_with_its_tuning_job_and_without_its_siblings(
    tier: FakeTier,
) -> None:
    best = tune(tier, 1, timedelta(minutes=9))
    tune(tier, 2, timedelta(minutes=5))
    tier.stacks[MODEL] = stack(TrainingJobName=best, Accuracy="0.9")
    status = tier.status()
    assert status.training_job is not None
    assert (status.training_job.name, status.training_job.tuning_job) == (best, TUNING)
    assert status.latest_job is None


def test_tuning_that_is_under_way_is_the_latest_job(tier: FakeTier) -> None:
    name = tune(tier, 1, timedelta(minutes=9))
    latest = tier.status().latest_job
    assert latest is not None
    assert (latest.name, latest.tuning_job) == (name, TUNING)


def test_parameters_are_told_with_where_they_come_from(tier: FakeTier) -> None:
    tier.stacks[MODEL]["Parameters"].append({"ParameterKey": "Epochs", "ParameterValue": "8"})
    found = {parameter.name: parameter for parameter in tier.status().parameters}
    assert (found["Epochs"].value, found["Epochs"].source) == (
        "8",
        "kept from an earlier deployment (the default is 5)",
    )
    assert found["LearningRate"].source == "the default"
    assert (found["MinimumAccuracy"].value, found["MinimumAccuracy"].source) == (
        "0.6",
        "the tier's settings",
    )
