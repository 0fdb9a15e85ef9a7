"""`python -m deployment retrain`: prepare, upload, and deploy the model's stack alone."""

import csv
import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import pytest
from botocore.exceptions import ClientError

from data_prep.dataset.accept import Accept
from data_prep.dataset.training_files import DatasetFiles, read_training_files
from deployment import tier_stacks
from deployment.__main__ import main
from deployment.tier_stacks import TierStacks
from tests.unit.deployment.fake_template import model_template

ROOT = Path(__file__).parents[3]
MACHINE_LEARNING = "Sandbox-MachineLearningInfrastructure"
OUTPUTS = {
    "Sandbox-TrainingJob": {"DataBucketName": "sandbox-bucket"},
    MACHINE_LEARNING: {
        "TrainingJobName": "Sandbox-blazingtext-old",
        "ValidationAccuracy": "0.81",
        "Accuracy": "0.8023",
    },
    "Sandbox-SentimentAnalysis": {"ApiUrl": "https://api/v1/", "ApiKeyId": "key"},
}
CDK = f"""
import pathlib, sys
with pathlib.Path(sys.argv[0]).with_name("calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1] == "synth":
    output = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
    output.mkdir(parents=True, exist_ok=True)
    (output / "{MACHINE_LEARNING}.template.json").write_text({json.dumps(model_template())!r})
if sys.argv[1] == "deploy" and pathlib.Path(sys.argv[0]).with_name("refused").exists():
    sys.exit("validation accuracy 0.5 is below MinimumAccuracy 0.6")
"""


@dataclass
class FakeAws:
    """A tier that is deployed, and its bucket. The new model is there once `cdk` was called."""

    folder: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: dict(OUTPUTS))
    statuses: list[str] = field(default_factory=list)
    """What the next calls answer, then CREATE_COMPLETE."""
    objects: list[str] = field(default_factory=list)
    new_job: str = "Sandbox-blazingtext-new"

    def client(self, _: str, **__: object) -> "FakeAws":
        return self

    @property
    def cdk_calls(self) -> list[str]:
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.outputs:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        outputs = self.outputs[StackName]
        deployed = any(call.startswith(f"deploy {StackName}") for call in self.cdk_calls)
        if deployed and not (self.folder / "refused").exists():
            outputs = {
                "TrainingJobName": self.new_job,
                "ValidationAccuracy": "0.92",
                "Accuracy": "0.9134",
            }
        return {
            "Stacks": [
                {
                    "StackStatus": self.statuses.pop(0) if self.statuses else "CREATE_COMPLETE",
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                }
            ]
        }

    def describe_log_groups(self, **_: str) -> dict[str, Any]:
        return {"logGroups": []}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": {"Resources": {}}}

    def head_object(self, **_: str) -> dict[str, Any]:
        raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 404}}, "HeadObject")  # type: ignore[typeddict-item,unused-ignore]

    def upload_fileobj(self, _: BinaryIO, bucket: str, key: str, **__: object) -> None:
        self.objects.append(f"{bucket}/{key}")


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    folder = tmp_path / "bin"
    folder.mkdir()
    cdk = folder / "cdk"
    cdk.write_text(f"#!{sys.executable}\n{CDK}")
    cdk.chmod(cdk.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    fake = FakeAws(folder)
    monkeypatch.setattr(boto3, "client", fake.client)
    monkeypatch.setattr("deployment.__main__.ROOT", tmp_path)
    return fake


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([f"text {number}", number % 2] for number in range(40))
    return path


@pytest.fixture
def retrain(reviews: Path, tmp_path: Path) -> Callable[..., int]:
    def run(data: Path | None = None, *options: str) -> int:
        if data is None:
            data, options = reviews, ("--preset", "imdb", "--out", str(tmp_path / "out"))
        return main(["retrain", "--tier", "Sandbox", "--data", str(data), *options])

    return run


def keys_of(directory: Path, accepted: object = ()) -> dict[str, str]:
    kinds = [Accept.OVERLAP] if accepted else []
    files = read_training_files(DatasetFiles.in_directory(directory, accepted=kinds))
    return files.keys.parameters


def test_only_the_models_stack_is_deployed_with_the_keys_of_the_data(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path
) -> None:
    assert retrain() == 0
    synth, deploy = aws.cdk_calls
    assert synth.startswith("synth ")
    assert deploy.startswith(f"deploy {MACHINE_LEARNING} --exclusively ")
    given = [
        f"{MACHINE_LEARNING}:{key}={value}" for key, value in keys_of(tmp_path / "out").items()
    ]
    assert [word for word in given if word not in deploy.split()] == []


def test_dataset_and_manifest_are_uploaded(aws: FakeAws, retrain: Callable[..., int]) -> None:
    retrain()
    assert {key.rpartition("/")[2] for key in aws.objects} == {
        "train.txt",
        "validation.txt",
        "test.txt",
        "dataset.json",
    }


def test_former_and_new_accuracy_are_told(
    aws: FakeAws, retrain: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    retrain()
    output = capsys.readouterr().out
    assert "Sandbox serves Sandbox-blazingtext-new, accuracy 0.9134." in output
    assert "Before: Sandbox-blazingtext-old, accuracy 0.8023." in output
    assert "POST https://api/v1/sentiment" in output


def test_same_data_again_are_told_to_change_nothing(
    aws: FakeAws, retrain: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.new_job = "Sandbox-blazingtext-old"
    assert retrain() == 0
    assert "As before: the same data and hyperparameters" in capsys.readouterr().out


def test_refused_model_leaves_the_former_one_which_is_named(
    aws: FakeAws, retrain: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    (aws.folder / "refused").touch()
    assert retrain() == 1
    output = capsys.readouterr().out
    assert "below MinimumAccuracy 0.6" in output
    assert "Sandbox still serves Sandbox-blazingtext-old, accuracy 0.8023." in output


def test_prepared_directory_is_used_as_it_is(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path
) -> None:
    retrain()
    before = (tmp_path / "out").stat().st_ino
    assert retrain(tmp_path / "out") == 0
    assert aws.cdk_calls[1] == aws.cdk_calls[3]
    assert (tmp_path / "out").stat().st_ino == before


def test_options_for_a_prepared_directory_are_refused(
    aws: FakeAws,
    retrain: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    retrain()
    assert retrain(tmp_path / "out", "--balance") == 2
    assert "is prepared already" in capsys.readouterr().out


def write_by_hand(folder: Path, test: str = "other") -> None:
    for name, word in (("train.txt", "one"), ("test.txt", test)):
        (folder / name).write_text(f"__label__a good {word}\n__label__b bad {word}\n")


def test_files_of_ones_own_are_trained_on_as_they_are(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path
) -> None:
    write_by_hand(tmp_path)
    assert retrain(tmp_path) == 0
    assert {key.rpartition("/")[2] for key in aws.objects} == {"train.txt", "test.txt"}
    assert f"{MACHINE_LEARNING}:ValidationKey=" in aws.cdk_calls[1].split()


def test_files_of_ones_own_are_checked_first(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_by_hand(tmp_path, test="one")
    assert retrain(tmp_path) == 2
    assert "--accept overlap" in capsys.readouterr().out
    assert not aws.objects


@pytest.mark.parametrize("option", [("--accept", "overlap"), ("--accept-overlap",)])
def test_overlap_that_is_accepted_is_accepted_by_the_gate_too(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path, option: tuple[str, ...]
) -> None:
    write_by_hand(tmp_path, test="one")
    assert retrain(tmp_path, *option) == 0
    accepted = f"{MACHINE_LEARNING}:AcceptOverlap={keys_of(tmp_path, option)['TrainKey']}"
    assert accepted in aws.cdk_calls[1].split()


def test_what_the_glue_job_left_in_the_bucket_is_trained_on_without_an_upload(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path
) -> None:
    retrain()
    uploaded = len(aws.objects)
    for name in ("train.txt", "test.txt"):
        (tmp_path / "out" / name).unlink()
    assert retrain(tmp_path / "out") == 0
    assert (aws.cdk_calls[1], len(aws.objects)) == (aws.cdk_calls[3], uploaded)


@pytest.mark.parametrize("missing", list(OUTPUTS))
def test_tier_that_is_not_deployed_is_told_before_anything_is_prepared(
    aws: FakeAws,
    retrain: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    missing: str,
) -> None:
    del aws.outputs[missing]
    assert retrain() == 2
    output = capsys.readouterr().out
    assert f"there is no stack {missing}. Deploy it first: make deploy TIER=Sandbox" in output
    assert not (tmp_path / "out").exists()


def test_reviews_that_cannot_be_prepared_end_it_with_2(
    aws: FakeAws, retrain: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        retrain(tmp_path / "none.csv", "--preset", "imdb", "--out", str(tmp_path / "out"))
    assert caught.value.code == 2
    assert "none.csv" in capsys.readouterr().err
    assert aws.cdk_calls == []


def test_deployment_that_is_under_way_is_waited_for(
    aws: FakeAws,
    retrain: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tier_stacks, "POLL_SECONDS", 0)
    aws.statuses = ["UPDATE_IN_PROGRESS"] * 9
    assert retrain() == 0
    assert f"✓ Wait for the deployment of {MACHINE_LEARNING} that is under way" in (
        capsys.readouterr().out
    )
    assert aws.statuses == []


@pytest.mark.parametrize(
    ("status", "changing"),
    [
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
        ("REVIEW_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_COMPLETE", False),
    ],
)
def test_stack_changes_while_cloudformation_is_at_work(
    aws: FakeAws, status: str, changing: bool
) -> None:
    aws.statuses = [status]
    assert TierStacks("Sandbox").is_changing(MACHINE_LEARNING) is changing


def test_unknown_option_of_another_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["destroy", "--tier", "Sandbox", "--preset", "imdb"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --preset imdb" in capsys.readouterr().err


def test_make_passes_everything_on() -> None:
    variables = ["TIER=Alice", "SETTINGS=Sandbox", "DATA=my reviews.csv"]
    options = "--text title,text --label stars --map 1,2=negative"
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "retrain", *variables, f"OPTIONS={options}"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shlex.join(shlex.split(done.stdout.replace("\\\n", " "))).endswith(
        "python -m deployment retrain --tier Alice --settings Sandbox "
        f"--data 'my reviews.csv' {options}"
    )
