"""Synthesized templates of both tiers, and small ways to look into them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from stacks.composition import Composition, compose_tier
from stacks.lambda_target import LambdaTarget
from stacks.repository import ROOT
from stacks.tiers import find_tier

REVIEW_BUCKETS = "reviews-one, reviews-two"


@dataclass(frozen=True)
class TierTemplates:
    """The templates of one tier."""

    training: Template
    machine_learning: Template
    sentiment_analysis: Template
    data_preparation: Template
    operations: Template

    @property
    def all(self) -> tuple[Template, ...]:
        return (
            self.training,
            self.machine_learning,
            self.sentiment_analysis,
            self.data_preparation,
            self.operations,
        )


EVERYTHING = "Everything"
_OWN: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("everything.json").read_text(encoding="utf-8")
)
"""A tier in which every setting is switched on."""


def composed(
    name: str, output: Path, *, own: Mapping[str, Any] | None = None
) -> tuple[cdk.App, Composition]:
    """A tier's stacks in an app of their own, before they are synthesized."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= LambdaTarget.of_this_machine().context | {"reviewBuckets": REVIEW_BUCKETS}
    app = cdk.App(context=context, outdir=str(output))
    return app, compose_tier(app, find_tier(name, own=own or _OWN))


def synthesize(name: str, output: Path, *, own: Mapping[str, Any] | None = None) -> TierTemplates:
    _, stacks = composed(name, output, own=own)
    return TierTemplates(
        Template.from_stack(stacks.training),
        Template.from_stack(stacks.machine_learning),
        Template.from_stack(stacks.sentiment_analysis),
        Template.from_stack(stacks.data_preparation),
        Template.from_stack(stacks.operations),
    )


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> TierTemplates:
    return synthesize("Sandbox", tmp_path_factory.mktemp("sandbox"))


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> TierTemplates:
    return synthesize("Production", tmp_path_factory.mktemp("production"))


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> TierTemplates:
    return synthesize(EVERYTHING, tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="session", params=["Sandbox", "Production", EVERYTHING])
def any_tier(request: pytest.FixtureRequest) -> TierTemplates:
    templates: TierTemplates = request.getfixturevalue(request.param.lower())
    return templates


@pytest.fixture(scope="session", params=["Sandbox", "Production"])
def tier(request: pytest.FixtureRequest) -> TierTemplates:
    templates: TierTemplates = request.getfixturevalue(request.param.lower())
    return templates


def resources(template: Template, type_: str) -> list[Mapping[str, Any]]:
    """The resources of a type."""
    return list(template.find_resources(type_).values())


def resource(template: Template, type_: str) -> Mapping[str, Any]:
    """The properties of the only resource of a type."""
    (found,) = resources(template, type_)
    properties: Mapping[str, Any] = found["Properties"]
    return properties


def data_bucket(training: Template) -> Mapping[str, Any]:
    """The properties of the data bucket, which is not the only one of its stack."""
    found = training.find_resources("AWS::S3::Bucket")
    (properties,) = (
        one["Properties"] for name, one in found.items() if name.startswith("DataBucket")
    )
    return dict(properties)


def policy_statements(template: Template) -> list[Mapping[str, Any]]:
    """Every statement of every identity policy."""
    return [
        statement
        for policy in resources(template, "AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list of them."""
    return value if isinstance(value, list) else [value]


def statement_for(template: Template, action: str) -> Mapping[str, Any]:
    """The first statement that allows an action."""
    return next(s for s in policy_statements(template) if action in as_list(s["Action"]))


def arn_text(value: Any) -> str:
    """An ARN as text, with `<Ref>` for what CloudFormation fills in."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(arn_text(part) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return f"<{name}>"
    raise AssertionError(f"not an ARN: {value}")
