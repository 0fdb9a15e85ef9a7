"""The evaluation that stands before the endpoint, on a deployed tier."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local_aws.sagemaker.ml_root import MlRoot
from tests.end_to_end.conftest import DeployedTier


@pytest.fixture(scope="module")
def report(sandbox: DeployedTier) -> dict[str, Any]:
    key = report_key(sandbox).replace("report.html", "report.json")
    document: dict[str, Any] = json.loads(sandbox.content(key))
    return document


def report_key(sandbox: DeployedTier) -> str:
    return sandbox.outputs()["ReportKey"]


def test_report_is_on_the_model_that_is_served(
    sandbox: DeployedTier, report: dict[str, Any]
) -> None:
    outputs = sandbox.outputs()
    assert (report["job"], report["model"]["url"]) == (
        outputs["TrainingJobName"],
        outputs["ModelDataUrl"],
    )


def test_accuracy_is_fasttexts_own(
    sandbox: DeployedTier, report: dict[str, Any], tmp_path: Path
) -> None:
    key = report["model"]["url"].removeprefix("s3://").partition("/")[2]
    archive, held_out = tmp_path / "model.tar.gz", tmp_path / "test.txt"
    archive.write_bytes(sandbox.content(key))
    held_out.write_bytes(sandbox.content(report["data"]["key"]))
    MlRoot(tmp_path).unpack_model(archive)
    program = [sys.executable, "-m", "local_aws.blazingtext.evaluate"]
    output = subprocess.check_output(
        [*program, str(tmp_path / "model" / "model.bin"), str(held_out)]
    )
    peer = json.loads(output)
    assert (report["rows"], report["accuracy"]) == (
        peer["examples"],
        pytest.approx(peer["accuracy"]),
    )


def test_outputs_have_the_evaluations_figures(
    sandbox: DeployedTier, report: dict[str, Any]
) -> None:
    outputs = sandbox.outputs()
    assert (outputs["Accuracy"], outputs["MacroF1"]) == (
        f"{report['accuracy']:.4f}",
        f"{report['macro_f1']:.4f}",
    )


def test_page_for_people_lies_beside_it(sandbox: DeployedTier, report: dict[str, Any]) -> None:
    page = sandbox.content(report_key(sandbox)).decode()
    assert page.startswith("<!DOCTYPE html>")
    assert f"{report['accuracy']:.4f}" in page


def test_output_is_the_pages_address(sandbox: DeployedTier) -> None:
    outputs = sandbox.outputs()
    assert outputs["EvaluationReport"].startswith("s3://")
    assert outputs["EvaluationReport"].endswith(f"/{outputs['ReportKey']}")
