"""The provider of Custom::Evaluation: what it may do, and that its times add up."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from lambdas.evaluation.model import FastTextModel
from stacks.evaluation import DISK_MIB, SERVICE_TIMEOUT, Evaluation
from stacks.lambda_bundle import build_bundle
from stacks.lambda_target import LambdaTarget
from stacks.tiers import find_tier
from tests.stacks.conftest import arn_text, as_list, policy_statements, resources
from tests.unit.lambdas.evaluation.evaluation_harness import train
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder: Path = tmp_path_factory.mktemp("evaluation")
    app = cdk.App(context=LambdaTarget.of_this_machine().context, outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    bucket = s3.Bucket(stack, "Bucket")
    Evaluation(stack, "Evaluation", tier=find_tier("Sandbox"), bucket=bucket)
    return Template.from_stack(stack)


def function(template: Template, description: str) -> dict[str, Any]:
    (found,) = [
        properties
        for properties in (
            each["Properties"] for each in resources(template, "AWS::Lambda::Function")
        )
        if description in properties.get("Description", "")
    ]
    return dict(found)


def prefixes(template: Template, action: str) -> list[str]:
    """The key prefixes on which the function may do something."""
    return [
        arn_text(arn).partition("/")[2]
        for statement in policy_statements(template)
        if action in as_list(statement["Action"])
        for arn in as_list(statement["Resource"])
    ]


def test_the_tiers_own_bucket_is_read_wherever_the_data_lie(template: Template) -> None:
    assert prefixes(template, "s3:GetObject") == ["*"]


def test_reports_and_models_words_alone_are_written(template: Template) -> None:
    assert prefixes(template, "s3:PutObject") == ["evaluations/*", "vocabularies/*"]


def test_nothing_is_deleted(template: Template) -> None:
    actions = [a for s in policy_statements(template) for a in as_list(s["Action"])]
    assert [action for action in actions if "Delete" in action or "*" in action] == []


def test_function_ends_before_those_who_wait_for_it(template: Template) -> None:
    ours = function(template, "Measures a trained model")["Timeout"]
    framework = function(template, "AWS CDK resource provider framework - onEvent")["Timeout"]
    assert ours < framework < SERVICE_TIMEOUT.to_seconds() <= 3600


def test_largest_model_that_fits_the_memory_fits_the_disk(template: Template) -> None:
    properties = function(template, "Measures a trained model")
    assert properties["EphemeralStorage"] == {"Size": DISK_MIB}
    assert properties["MemorySize"] < DISK_MIB


def test_new_accounts_have_that_much_memory(template: Template) -> None:
    # docs.aws.amazon.com/lambda: new accounts are limited to 3008 MB a function.
    assert function(template, "Measures a trained model")["MemorySize"] <= 3008


def test_predict_only_build_in_the_bundle_says_what_the_library_says(tmp_path: Path) -> None:
    file = train(tmp_path, reviews(200), wordNgrams=3)
    lines = [b"a great film\n", b"__label__positive dull \xff \0 film\n", b"unheard of", b"\n"]
    bundle = build_bundle(
        "evaluation",
        target=LambdaTarget.of_this_machine(),
        packages=("lambdas/custom_resource", "lambdas/confidence"),
    )
    program = (
        f"import json, sys; sys.path.insert(0, {str(bundle)!r})\n"
        "from pathlib import Path\n"
        "from lambdas.evaluation.model import FastTextModel\n"
        f"model = FastTextModel(Path({str(file)!r}))\n"
        f"print(json.dumps([model.predict(line) for line in {lines!r}]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    library = FastTextModel(file)

    assert json.loads(result.stdout) == [
        [list(pair) for pair in library.predict(line)] for line in lines
    ]
