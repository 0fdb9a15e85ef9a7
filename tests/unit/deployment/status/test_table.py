"""`status` as text for a person, and its documentation."""

import dataclasses
import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from deployment.status import fields as tier_status
from deployment.status.table import table
from tests.unit.deployment.status.fake_tier import (
    ENDPOINT,
    JOB,
    MODEL,
    PREFIX,
    TRAINING,
    FakeTier,
    job,
    stack,
)

ROOT = Path(__file__).parents[4]
DOCUMENTATION = ROOT / "docs" / "status.md"
WHOLE = f"""\
Sandbox in eu-west-1

training job      {JOB}: Completed
                  started 2026-11-21 11:00:00 UTC, took 1 min 15 s on ml.c5.xlarge
data              s3://bucket/{PREFIX}/train.txt
                  content hash aa93553e0f7a
                  8,000 texts in train: 3 negative, 7,997 positive
                  2 texts in test: 2 negative
accuracy          0.9165 by validation
parameters        TrainKey         {PREFIX}/train.txt: kept, as the data are
                  TestKey          {PREFIX}/test.txt: kept, as the data are
                  MinimumAccuracy  0.6: the tier's settings
                  9 others have their defaults
endpoint          {ENDPOINT}: InService
                  AllTraffic: serverless, 2048 MB, 10 requests at once
API               https://api/v1/
stacks            Sandbox-TrainingJob                    CREATE_COMPLETE  2026-11-19 12:00:00 UTC
                  Sandbox-MachineLearningInfrastructure  CREATE_COMPLETE  2026-11-19 12:00:00 UTC
                  Sandbox-SentimentAnalysis              CREATE_COMPLETE  2026-11-19 12:00:00 UTC
cost while idle   $0.00 an hour, and storage and logs
                  prices of us-east-1, 2026-11: check before quoting"""


@pytest.fixture
def tier() -> FakeTier:
    return FakeTier()


def test_whole_tier_is_one_table(tier: FakeTier) -> None:
    assert table(tier.status()) == WHOLE


def test_api_of_an_aws_on_this_machine_is_shown_with_how_to_reach_it(
    tier: FakeTier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert "here: $(python -m local_aws url Sandbox-SentimentAnalysis)" in table(tier.status())


def test_tier_with_a_bucket_alone_says_what_there_is_not(tier: FakeTier) -> None:
    tier.stacks = {TRAINING: stack(DataBucketName="bucket") | {"Parameters": []}}
    tier.jobs, tier.endpoints = {}, {}
    shown = table(tier.status())
    assert "training job      none serves" in shown
    assert f"{MODEL}  not deployed" in shown


def test_job_under_way_is_a_row_of_its_own(tier: FakeTier) -> None:
    tier.jobs = {"Sandbox-blazingtext-new": job("InProgress", age=timedelta(hours=1)), **tier.jobs}
    assert (
        "latest job        Sandbox-blazingtext-new: InProgress\n"
        "                  started 2026-11-21 11:00:00 UTC, for 1 h 0 s" in table(tier.status())
    )


def test_imported_model_is_shown_as_such(tier: FakeTier) -> None:
    url = "s3://bucket/models/imported-0123456789ab/output/model.tar.gz"
    tier.stacks[MODEL] = stack(TrainingJobName="imported-0123456789ab", ModelDataUrl=url)
    tier.stacks[MODEL]["Parameters"] = [{"ParameterKey": "ModelDataUrl", "ParameterValue": url}]
    assert (
        "training job      imported-0123456789ab: not known to SageMaker here\n"
        "                  brought in by promote: this tier has not trained it"
        in table(tier.status())
    )


def test_tuned_model_is_shown_with_its_tuning_job(tier: FakeTier) -> None:
    tier.jobs[JOB]["TuningJobArn"] = (
        "arn:aws:sagemaker:r:0:hyper-parameter-tuning-job/Sandbox-tune-1"
    )
    assert (
        f"training job      {JOB}: Completed\n"
        "                  of tuning job Sandbox-tune-1\n" in table(tier.status())
    )


def test_rolled_back_stack_is_shown_with_its_reason(tier: FakeTier) -> None:
    tier.stacks[MODEL]["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE"
    tier.stacks[MODEL]["StackStatusReason"] = "The gate was missed."
    lines = table(tier.status()).splitlines()
    assert lines[-6:-2] == [
        "stacks            Sandbox-TrainingJob                    "
        "CREATE_COMPLETE           2026-11-19 12:00:00 UTC",
        "                  Sandbox-MachineLearningInfrastructure  "
        "UPDATE_ROLLBACK_COMPLETE  2026-11-19 12:00:00 UTC",
        "                    The gate was missed.",
        "                  Sandbox-SentimentAnalysis              "
        "CREATE_COMPLETE           2026-11-19 12:00:00 UTC",
    ]


@pytest.mark.parametrize(
    ("instance_type", "count", "cost"),
    [
        ("ml.m5.large", 2, "$0.23 an hour"),
        ("ml.t2.medium", 1, "$0.0560 an hour"),
        ("ml.p99.huge", 1, "unknown: the price table has no entry for it"),
    ],
)
def test_cost_is_never_rounded_away(
    tier: FakeTier, instance_type: str, count: int, cost: str
) -> None:
    tier.host_on(instance_type, count)
    shown = table(tier.status())
    assert f"AllTraffic: {count} × {instance_type}" in shown
    assert f"cost while idle   {cost}" in shown


def test_reason_of_several_lines_cannot_steer_the_terminal(tier: FakeTier) -> None:
    tier.jobs = {JOB: job("Failed") | {"FailureReason": "line 1\n\x1b[2Jline 2"}}
    assert "line 1  [2Jline 2" in table(tier.status())


def test_every_field_of_the_json_is_documented() -> None:
    classes = [
        value
        for value in vars(tier_status).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    ]
    fields = {field.name for one in classes for field in dataclasses.fields(one)} | {"format"}
    named = set(re.findall(r"`(\w+)`", DOCUMENTATION.read_text(encoding="utf-8")))
    assert fields
    assert fields - named == set()


def test_documented_format_is_the_one_that_is_printed() -> None:
    assert f"`format` | {tier_status.FORMAT} " in DOCUMENTATION.read_text(encoding="utf-8")


def test_make_passes_everything_on() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "status", "TIER=Alice", "JSON=1"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    words = shlex.split(done.stdout.replace("\\\n", " "))
    assert words[-6:] == ["-m", "deployment", "status", "--tier", "Alice", "--json"]
