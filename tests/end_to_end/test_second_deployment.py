"""What the second deployment of a tier makes of the values of the first, with the real CDK CLI.

The labels are random: no model is right about unseen texts more often than by chance, so that a
better figure shows a leak.
"""

import csv
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.repository import ROOT
from tests.end_to_end.conftest import DeployedTier

TIER = "Alice"
MODEL = f"{TIER}-MachineLearningInfrastructure"
PARAMETERS = {"MinimumAccuracy": "0.3", "MinCount": "1", "Epochs": "30", "Buckets": "20000"}
CHANCE = 0.75
"""A model that guesses is right more often than this on 45 texts once in 3,000 times."""
BY_HEART = 0.65
"""And more often than this on 270 texts once in a million times."""


def command(
    tier: DeployedTier, name: str, *arguments: str, of: str = TIER, settings: str = "Sandbox"
) -> subprocess.CompletedProcess[str]:
    return tier.aws.run(
        sys.executable, "-m", "deployment", name, "--tier", of, "--settings", settings, *arguments,
    )  # fmt: skip


def given(**parameters: str) -> list[str]:
    return [f"--parameter={name}={value}" for name, value in parameters.items()]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same reviews, split in two ways: what the first tests on, the second trains on."""
    folder = tmp_path_factory.mktemp("reviews")
    chance = random.Random(8)  # noqa: S311 - reviews, not secrets
    words = [f"{chance.choice('bdfgklm')}o{chance.choice('nprstvz')}a{n}" for n in range(300)]
    with (folder / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for _ in range(900):
            writer.writerow([" ".join(chance.sample(words, 5)), chance.choice("pn")])
    directories = []
    for share in ("0.3", "0.05"):
        out = folder / share
        prepared = subprocess.run(
            [
                sys.executable, "-m", "data_prep", "prepare", str(folder / "reviews.csv"),
                "--text", "text", "--label", "label", "--map", "p=positive", "--map", "n=negative",
                "--test-fraction", share, "--no-emoticons", "--out", str(out),
            ],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert prepared.returncode == 0, prepared.stderr
        directories.append(out)
    return directories[0], directories[1]


@pytest.fixture(scope="module")
def deployed(sandbox: DeployedTier, datasets: tuple[Path, Path]) -> Iterator[DeployedTier]:
    """A tier whose EvaluationKey a person has set, on the first of the two datasets."""
    first, _ = datasets
    result = command(
        sandbox, "deploy", "--train", str(first / "train.txt"), "--test", str(first / "test.txt"),
        *given(**PARAMETERS),
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    test_key = sandbox.parameters(MODEL)["TestKey"]
    result = command(sandbox, "deploy", *given(EvaluationKey=test_key))
    assert result.returncode == 0, result.stdout + result.stderr
    yield sandbox
    # Production's settings retain the bucket: with the Sandbox's again, it goes with the tier.
    for words in (("deploy", "--yes"), ("destroy",)):
        result = command(sandbox, *words)
        assert result.returncode == 0, result.stdout + result.stderr
    shutil.rmtree(ROOT / "cdk.out" / TIER, ignore_errors=True)


@pytest.fixture(scope="module")
def retrained(
    deployed: DeployedTier, datasets: tuple[Path, Path]
) -> subprocess.CompletedProcess[str]:
    """Retrained on the second dataset, whose training file holds what was evaluated on before."""
    result = command(deployed, "retrain", "--data", str(datasets[1]))
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def parameters(tier: DeployedTier) -> dict[str, Any]:
    """What `status` tells of each parameter."""
    status = tier.aws.run(sys.executable, "-m", "deployment", "status", "--tier", TIER, "--json")
    assert status.returncode == 0, status.stdout + status.stderr
    return {parameter["name"]: parameter for parameter in json.loads(status.stdout)["parameters"]}


def test_new_data_are_evaluated_on_their_own_reviews(
    deployed: DeployedTier, retrained: object
) -> None:
    outputs = deployed.outputs(MODEL)
    assert outputs["EvaluatedOn"] == deployed.parameters(MODEL)["TestKey"]
    assert outputs["ValidatedOn"] == deployed.parameters(MODEL)["ValidationKey"]
    assert float(outputs["Accuracy"]) < CHANCE


def test_end_of_the_former_evaluation_key_is_told(
    retrained: subprocess.CompletedProcess[str],
) -> None:
    assert "belonged to the former data" in retrained.stdout
    assert "They are measured on different reviews" in retrained.stdout


def test_hyperparameters_are_kept_and_told(
    deployed: DeployedTier, retrained: subprocess.CompletedProcess[str]
) -> None:
    assert deployed.parameters(MODEL)["Epochs"] == "30"
    assert "kept from an earlier deployment (the default is 5)" in retrained.stdout
    assert parameters(deployed)["Epochs"]["value"] == "30"


def test_evaluation_on_texts_that_were_trained_on_is_refused_and_can_be_meant(
    deployed: DeployedTier, retrained: object, datasets: tuple[Path, Path]
) -> None:
    first, second = datasets
    leak = deployed.upload(first, tier=TIER)["TestKey"]
    before = deployed.outputs(MODEL)
    refused = command(deployed, "deploy", *given(EvaluationKey=leak))
    assert refused.returncode == 1
    assert "also stand in the training file" in refused.stdout
    assert deployed.outputs(MODEL) == before
    meant = command(deployed, "deploy", "--accept-overlap", *given(EvaluationKey=leak))
    assert meant.returncode == 0, meant.stdout + meant.stderr
    assert float(deployed.outputs(MODEL)["Accuracy"]) > BY_HEART
    again = command(deployed, "retrain", "--data", str(second))
    assert again.returncode == 0, again.stdout + again.stderr
    assert deployed.parameters(MODEL)["AcceptOverlap"] == ""
    assert float(deployed.outputs(MODEL)["Accuracy"]) < CHANCE


def test_gate_follows_the_settings_that_the_tier_takes(
    deployed: DeployedTier, retrained: object
) -> None:
    refused = command(deployed, "deploy", *given(MinimumAccuracy=""), settings="Production")
    assert refused.returncode == 1
    assert "demands at least 0.9" in refused.stdout
    assert parameters(deployed)["MinimumAccuracy"]["value"] == "0.3"


def test_tier_that_differs_in_capitals_alone_is_refused_before_anything_is_made(
    deployed: DeployedTier,
) -> None:
    result = command(deployed, "deploy", of=TIER.lower())
    assert result.returncode == 2
    assert f"There is a tier {TIER}" in result.stdout
