"""A tier's life: deploy, call, deploy again, retrain, fail, roll back.

The tests of this module run in the order in which they stand, on one tier, because a
deployment takes half a minute. Each still states one fact.
"""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import fasttext
import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.ml_root import MlRoot
from tests.answer import Answer
from tests.end_to_end.answering_model import AnsweringModel
from tests.end_to_end.conftest import (
    MACHINE_LEARNING,
    SMALL_MODEL,
    TIER,
    DeployedTier,
    wait_until,
)
from tests.end_to_end.killing import Command, moments
from tests.real_reviews import write_reviews
from tests.regenerate_readme import ANSWER, ASKED, block
from tests.schemathesis_run import run_schemathesis

GOOD = "What a wonderful film, I loved every minute of it."
CONNECTIONS = 4
FEWEST_ANSWERS = 2_000
"""Around a retraining."""
RETRAIN_SECONDS = 20
"""About what it takes; which part of it a killed one has done is left to chance."""
BAD = "A dreadful, boring mess. The worst film I have ever seen."


def label(tier: DeployedTier, *texts: str) -> Answer:
    return tier.call("sentiment", {"instances": list(texts)})


# --- what a caller gets -----------------------------------------------------------------


def test_answer_labels_each_text_in_the_order_sent(sandbox: DeployedTier) -> None:
    results = label(sandbox, BAD, GOOD).json["results"]
    assert [(r["text"], r["sentiment"]) for r in results] == [
        (BAD, "negative"),
        (GOOD, "positive"),
    ]


def test_answer_names_the_training_job_in_service(sandbox: DeployedTier) -> None:
    outputs = sandbox.outputs()
    assert label(sandbox, GOOD).json["model"] == {
        "training_job": outputs["TrainingJobName"],
        "accuracy": float(outputs["Accuracy"]),
        "accuracy_interval": ANY,
        "evaluated_on": outputs["EvaluatedOn"],
        "training_data": sandbox.parameters()["TrainKey"],
    }


def test_text_of_words_that_the_model_has_never_seen_is_unsure(sandbox: DeployedTier) -> None:
    results = label(sandbox, "qwertzuiop asdfghjkl", GOOD).json["results"]
    assert [result["sentiment"] for result in results] == ["unsure", "positive"]


def test_accuracy_lies_in_its_interval(sandbox: DeployedTier) -> None:
    model = label(sandbox, GOOD).json["model"]
    low, high = model["accuracy_interval"]
    assert 0 < low < model["accuracy"] < high < 1


def test_answer_leads_to_the_manifest_of_what_was_trained_on(sandbox: DeployedTier) -> None:
    key = label(sandbox, GOOD).json["model"]["training_data"]
    train = sandbox.content(key)
    manifest = json.loads(sandbox.content(key.replace("train.txt", "dataset.json")))
    assert manifest["files"]["train.txt"]["sha256"] == hashlib.sha256(train).hexdigest()
    assert train == (sandbox.data / "train.txt").read_bytes()


def test_readme_shows_such_an_answer(sandbox: DeployedTier) -> None:
    answer = sandbox.call("sentiment", {"instances": list(ASKED)}).json
    told = json.loads(block(ANSWER))
    assert answer.keys() == told.keys()
    assert answer["model"].keys() == told["model"].keys()
    assert [result["text"] for result in told["results"]] == list(ASKED)
    assert [result.keys() for result in answer["results"]] == [
        result.keys() for result in told["results"]
    ]


def test_health_needs_no_key(sandbox: DeployedTier) -> None:
    answer = sandbox.call("health", method="GET", headers={"x-api-key": ""})
    assert (answer.status, answer.json["status"]) == (200, "ok")


def test_openapi_document_needs_no_key(sandbox: DeployedTier) -> None:
    answer = sandbox.call("openapi.json", method="GET", headers={"x-api-key": ""})
    assert (answer.status, "/sentiment" in answer.json["paths"]) == (200, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        ({}, 400),
        ({"instances": "a text"}, 400),
        ({"instances": []}, 400),
        ({"instances": ["a"] * 101}, 400),
        ({"instances": ["fine", 3]}, 422),
        ({"instances": ["fine", None]}, 422),
        ({"instances": ["fine", {"text": "a"}]}, 422),
        ({"instances": ["fine", ""]}, 422),
        ({"instances": ["fine", " \n\t "]}, 422),
        ({"instances": ["fine", "a" * 20_001]}, 422),
        (b'{"instances": ["fine", "a\\u0000b"]}', 422),
        (b'{"instances": ["fine", "\\ud800"]}', 422),
        ({"instances": ["a" * 15_000] * 75}, 413),
    ],
)
def test_bad_input_is_a_problem_of_the_callers(
    sandbox: DeployedTier, body: object, status: int
) -> None:
    answer = sandbox.call("sentiment", body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_problem_names_the_text_at_fault(sandbox: DeployedTier) -> None:
    problem = sandbox.call("sentiment", {"instances": ["fine", "fine", 3]}).json
    assert [error["pointer"] for error in problem["errors"]] == ["/instances/2"]


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("sentiment", "POST", {"x-api-key": ""}, 403),
        ("sentiment", "POST", {"x-api-key": "guessed"}, 403),
        ("sentiment", "POST", {"content-type": "text/csv"}, 415),
        ("sentiment", "DELETE", {}, 405),
        ("sentiment", "TRACE", {}, 405),
        ("", "GET", {}, 404),
        ("sentiments", "POST", {}, 404),
    ],
)
def test_refusal_is_a_problem_too(
    sandbox: DeployedTier, path: str, method: str, headers: dict[str, str], status: int
) -> None:
    answer = sandbox.call(path, {"instances": [GOOD]}, method=method, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json["detail"]


def test_schemathesis_finds_nothing_against_the_apis_own_document(
    sandbox: DeployedTier, tmp_path: Path
) -> None:
    # `make api-campaign` does this with thousands of cases, and with signatures.
    outcome = run_schemathesis(
        sandbox.url,
        sandbox.aws.environment,
        tmp_path,
        api_key=sandbox.api_key,
        signed=False,
        examples=30,
    )
    assert outcome.failures == [], outcome.said
    assert outcome.cases > 50


def test_logs_hold_no_review_text(sandbox: DeployedTier) -> None:
    label(sandbox, "zyzzyva quixotry")
    sandbox.call("sentiment", {"instances": ["zyzzyva quixotry", 3]})
    log_files = list(sandbox.aws.state.rglob("*.log"))
    assert log_files
    assert not any("zyzzyva" in path.read_text(errors="replace") for path in log_files)


# --- AWS's own clients ------------------------------------------------------------------


def test_boto3_describes_the_job_and_invokes_the_endpoint(sandbox: DeployedTier) -> None:
    outputs = sandbox.outputs()
    job = sandbox.aws.client("sagemaker").describe_training_job(
        TrainingJobName=outputs["TrainingJobName"]
    )
    reply = sandbox.aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=outputs["EndpointName"],
        ContentType="application/json",
        Accept="application/json",
        Body=b'{"instances": ["what a wonderful film"]}',
    )
    assert job["TrainingJobStatus"] == "Completed"
    assert b"__label__positive" in reply["Body"].read()


def test_model_archive_holds_a_fasttext_model(sandbox: DeployedTier, tmp_path: Path) -> None:
    bucket, _, key = sandbox.outputs()["ModelDataUrl"].removeprefix("s3://").partition("/")
    archive = tmp_path / "model.tar.gz"
    sandbox.aws.client("s3").download_file(bucket, key, str(archive))
    MlRoot(tmp_path).unpack_model(archive)
    model = fasttext.load_model(str(tmp_path / "model" / "model.bin"))
    assert sorted(model.labels) == ["__label__negative", "__label__positive"]


# --- deploying again, and retraining ----------------------------------------------------


def test_same_deploy_again_starts_no_job(sandbox: DeployedTier) -> None:
    before = sandbox.aws.training_jobs()
    result = sandbox.deploy(MACHINE_LEARNING, sandbox.upload(sandbox.data) | SMALL_MODEL)
    assert (result.returncode, sandbox.aws.training_jobs()) == (0, before)


def test_same_upload_again_sends_nothing(sandbox: DeployedTier) -> None:
    result = sandbox.aws.run(
        "python", "-m", "data_prep", "upload", str(sandbox.data), "--tier", TIER
    )
    assert "already there" in result.stdout + result.stderr


@pytest.fixture
def unthrottled(sandbox: DeployedTier) -> Iterator[None]:
    """The usage plan and the stage admit what the machine can do."""
    client = sandbox.aws.client("apigateway")
    (plan,) = client.get_usage_plans()["items"]
    (stage,) = plan["apiStages"]
    at = {"restApiId": stage["apiId"], "stageName": stage["stage"]}
    methods = client.get_stage(**at)["methodSettings"].items()
    route = next(settings for method, settings in methods if method.endswith("sentiment/POST"))

    def limit(rate: float, burst: int, *, of_route: tuple[float, int], a_day: int) -> None:
        values = {"/throttle/rateLimit": rate, "/throttle/burstLimit": burst, "/quota/limit": a_day}
        client.update_usage_plan(usagePlanId=plan["id"], patchOperations=replacements(values))
        throttling = "/~1sentiment/POST/throttling"
        values = {f"{throttling}/rateLimit": of_route[0], f"{throttling}/burstLimit": of_route[1]}
        client.update_stage(**at, patchOperations=replacements(values))

    limit(10_000, 10_000, of_route=(10_000, 10_000), a_day=10_000_000)
    yield
    limit(
        plan["throttle"]["rateLimit"],
        plan["throttle"]["burstLimit"],
        of_route=(route["throttlingRateLimit"], route["throttlingBurstLimit"]),
        a_day=plan["quota"]["limit"],
    )


def replacements(values: Mapping[str, float]) -> list[dict[str, str]]:
    return [{"op": "replace", "path": path, "value": str(value)} for path, value in values.items()]


@pytest.mark.usefixtures("unthrottled")
def test_retraining_drops_no_request_and_every_answer_names_the_model_that_gave_it(
    sandbox: DeployedTier, dataset: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = sandbox.outputs()
    former = AnsweringModel.deployed(sandbox, GOOD, tmp_path_factory.mktemp("former"))
    answers: list[Answer] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answers.append(label(sandbox, GOOD))

    asking = [threading.Thread(target=keep_asking) for _ in range(CONNECTIONS)]
    for thread in asking:
        thread.start()
    try:
        result = sandbox.deploy(MACHINE_LEARNING, sandbox.upload(dataset(3000, 7000)))
        # By the new model alone.
        until = len(answers) + FEWEST_ANSWERS // 4
        wait_until(lambda: len(answers) >= max(until, FEWEST_ANSWERS))
    finally:
        done.set()
        for thread in asking:
            thread.join()
    after = sandbox.outputs()
    latter = AnsweringModel.deployed(sandbox, GOOD, tmp_path_factory.mktemp("latter"))

    assert result.returncode == 0, result.stdout + result.stderr
    assert {answer.status for answer in answers} == {200}
    assert after["EndpointName"] == before["EndpointName"]
    assert after["TrainingJobName"] != before["TrainingJobName"]
    assert after["ModelDataUrl"] != before["ModelDataUrl"]
    given = {
        model.job: [answer.json for answer in answers if model.gave(answer.json)]
        for model in (former, latter)
    }
    assert sum(map(len, given.values())) == len(answers)
    assert all(given.values())
    for model in (former, latter):
        assert [each for each in given[model.job] if not model.is_named_by(each)] == []


def test_stack_that_is_being_updated_cannot_be_deleted(sandbox: DeployedTier, dataset: Any) -> None:
    updating = threading.Thread(
        target=sandbox.deploy, args=(MACHINE_LEARNING, sandbox.upload(dataset(7000, 10_000)))
    )
    updating.start()
    wait_until(sandbox.aws.running_jobs)
    with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        sandbox.aws.client("cloudformation").delete_stack(StackName=MACHINE_LEARNING)
    updating.join()
    assert sandbox.stack(MACHINE_LEARNING)["StackStatus"] == "UPDATE_COMPLETE"


def retrain(sandbox: DeployedTier, reviews: Path, out: Path) -> Command:
    return Command(
        [
            *("-m", "deployment", "retrain", "--tier", TIER),
            *("--data", str(reviews), "--preset", "imdb", "--out", str(out)),
        ],
        sandbox.aws.environment,
    )


def test_retrain_prepares_uploads_and_changes_the_model_alone(
    sandbox: DeployedTier, tmp_path: Path
) -> None:
    before, others = sandbox.outputs(), unchanged_by_retraining(sandbox)
    write_reviews(tmp_path / "reviews.csv", slice(10_000, 13_000))
    result = sandbox.aws.run(
        sys.executable, *retrain(sandbox, tmp_path / "reviews.csv", tmp_path / "out").arguments
    )
    after = sandbox.outputs()

    assert result.returncode == 0, result.stdout + result.stderr
    assert sandbox.content(sandbox.parameters()["TrainKey"]) == (
        (tmp_path / "out" / "train.txt").read_bytes()
    )
    for model in (before, after):
        assert model["TrainingJobName"] in result.stdout
        assert model["Accuracy"] in result.stdout
    assert unchanged_by_retraining(sandbox) == others


def test_retrain_that_is_killed_and_run_again_trains_once(
    sandbox: DeployedTier, tmp_path: Path
) -> None:
    others = unchanged_by_retraining(sandbox)
    write_reviews(tmp_path / "reviews.csv", slice(13_000, 16_000))
    command = retrain(sandbox, tmp_path / "reviews.csv", tmp_path / "out")
    jobs = sandbox.aws.training_jobs()
    (moment,) = moments(1)
    command.run_until(moment * RETRAIN_SECONDS)
    command.run()

    assert len(sandbox.aws.training_jobs()) == len(jobs) + 1
    assert sandbox.outputs()["TrainingJobName"] not in jobs
    assert sandbox.content(sandbox.parameters()["TrainKey"]) == (
        (tmp_path / "out" / "train.txt").read_bytes()
    )
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "reviews.csv"]
    assert sandbox.stack(MACHINE_LEARNING)["StackStatus"] == "UPDATE_COMPLETE"
    assert unchanged_by_retraining(sandbox) == others


def unchanged_by_retraining(tier: DeployedTier) -> list[object]:
    """When the bucket's and the API's stack were last changed, and the model's name."""
    stacks = (tier.stack(f"{TIER}-{name}") for name in ("TrainingJob", "SentimentAnalysis"))
    return [
        *((s["CreationTime"], s.get("LastUpdatedTime")) for s in stacks),
        tier.outputs()["EndpointName"],
    ]


# --- what must not hurt -----------------------------------------------------------------


@pytest.fixture
def unharmed(sandbox: DeployedTier) -> Any:
    """Asserts that a failed update left endpoint, model and jobs as they were."""
    before = sandbox.outputs()
    jobs = sandbox.aws.training_jobs()

    def check(result: Any, *, started: int) -> str:
        output: str = result.stdout + result.stderr
        assert result.returncode == 1, output
        assert sandbox.stack(MACHINE_LEARNING)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert sandbox.outputs() == before
        assert label(sandbox, GOOD).status == 200
        assert len(sandbox.aws.training_jobs()) - len(jobs) == started
        return output

    return check


def test_failed_training_rolls_back_and_starts_no_further_job(
    sandbox: DeployedTier, unharmed: Any
) -> None:
    result = sandbox.deploy(MACHINE_LEARNING, {"MinCount": "1000000"})
    output = unharmed(result, started=1)
    assert "Sandbox-blazingtext-" in output
    assert "min_count" in output


def test_model_under_the_gate_rolls_back_and_names_both_figures(
    sandbox: DeployedTier, unharmed: Any
) -> None:
    accuracy = sandbox.outputs()["Accuracy"]
    result = sandbox.deploy(MACHINE_LEARNING, {"MinCount": "2", "MinimumAccuracy": "0.999"})
    output = unharmed(result, started=0)
    assert accuracy in output
    assert "0.999" in output


def test_key_that_does_not_exist_is_named_before_anything_is_trained(
    sandbox: DeployedTier, unharmed: Any
) -> None:
    keys = {"TrainKey": "datasets/000000000000/train.txt", "MinimumAccuracy": "0.6"}
    output = unharmed(sandbox.deploy(MACHINE_LEARNING, keys), started=0)
    assert "datasets/000000000000/train.txt" in output
    assert "data_prep upload" in output


def test_unreadable_data_is_refused_before_anything_is_trained(
    sandbox: DeployedTier, unharmed: Any
) -> None:
    bucket = sandbox.outputs(f"{TIER}-TrainingJob")["DataBucketName"]
    sandbox.aws.client("s3").put_object(
        Bucket=bucket, Key="datasets/bad/train.txt", Body=b"no label on this line\n" * 50
    )
    output = unharmed(
        sandbox.deploy(MACHINE_LEARNING, {"TrainKey": "datasets/bad/train.txt"}), started=0
    )
    assert "datasets/bad/train.txt" in output
    assert "__label__" in output


def test_hyperparameter_out_of_range_is_refused_by_cloudformation(sandbox: DeployedTier) -> None:
    before = sandbox.aws.training_jobs()
    result = sandbox.deploy(MACHINE_LEARNING, {"Epochs": "0"})
    output = result.stdout + result.stderr
    assert (result.returncode, sandbox.aws.training_jobs()) == (1, before)
    assert "Epochs" in output
    assert "must be 1 to 200" in output
