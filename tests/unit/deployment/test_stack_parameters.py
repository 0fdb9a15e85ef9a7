"""What each parameter is after whatever may happen to a tier, and what is said of it.

CloudFormation is played by what it does with parameters: a value that is not named again is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from deployment.stack_parameters import Given, choose, declared_parameters, shown
from tests.unit.deployment.fake_template import model_template
from tier_layout.few_texts import HYPERPARAMETERS

A = {"TrainKey": "datasets/a/train.txt", "TestKey": "datasets/a/test.txt"}
B = {"TrainKey": "datasets/b/train.txt", "TestKey": "datasets/b/test.txt"}
PROMOTED = {**B, "ModelDataUrl": "s3://bucket/models/b/output/model.tar.gz", "EvaluationKey": "b-e"}
SANDBOX, PRODUCTION = "0.6", "0.9"


@dataclass(frozen=True)
class Stack:
    """The model's stack, between its deployments."""

    gate: str = SANDBOX
    parameters: Mapping[str, str] = field(default_factory=dict)

    def deploy(
        self,
        data: Mapping[str, str] | None = None,
        *,
        accept_overlap: bool = False,
        **given: str,
    ) -> "Stack":
        """By `deploy` (without data), `deploy --train`, `retrain` or `promote` (with data)."""
        choices = choose(
            declared_parameters(model_template(gate=self.gate)),
            deployed=self.parameters,
            given=Given(given, accept_overlap),
            data=data,
        )
        passed = {choice.name: choice.passed for choice in choices if choice.passed is not None}
        return self.plain(**passed)

    def plain(self, **named: str) -> "Stack":
        """By `npx cdk deploy --parameters …`."""
        template = model_template(gate=self.gate)["Parameters"]
        defaults = {
            name: str(content["Default"])
            for name, content in template.items()
            if "Default" in content
        }
        return replace(self, parameters={**defaults, **self.parameters, **named})

    def with_settings(self, gate: str) -> "Stack":
        """The tier takes other settings, or they are edited."""
        return replace(self, gate=gate)

    def __getitem__(self, name: str) -> str:
        """What counts for a parameter."""
        if name == "MinimumAccuracy":
            return self.parameters[name] or self.gate
        return self.parameters[name]


FIRST = Stack().deploy(A)
SET = FIRST.deploy(EvaluationKey="a-e", MinimumAccuracy="0.7", Epochs="8", TuningJobs="4")

COURSES: Mapping[str, tuple[Stack, Mapping[str, str]]] = {
    "first deployment": (
        FIRST,
        {**A, "EvaluationKey": "", "ModelDataUrl": "", "MinimumAccuracy": "0.6", "Epochs": "5"},
    ),
    "a person sets them": (
        SET,
        {**A, "EvaluationKey": "a-e", "MinimumAccuracy": "0.7", "Epochs": "8", "TuningJobs": "4"},
    ),
    "deployed again": (
        SET.deploy(),
        {**A, "EvaluationKey": "a-e", "MinimumAccuracy": "0.7", "Epochs": "8", "TuningJobs": "4"},
    ),
    "new data": (
        SET.deploy(B),
        {**B, "EvaluationKey": "", "ModelDataUrl": "", "MinimumAccuracy": "0.7", "Epochs": "8"},
    ),
    "validation file ends with a dataset of two files": (
        FIRST.deploy({**A, "ValidationKey": "datasets/a/validation.txt"}).deploy(B),
        {**B, "ValidationKey": ""},
    ),
    "validation file stays as long as the data do": (
        FIRST.deploy({**A, "ValidationKey": "datasets/a/validation.txt"}).deploy(Epochs="8"),
        {**A, "ValidationKey": "datasets/a/validation.txt"},
    ),
    "new data, with an evaluation key": (
        SET.deploy(B, EvaluationKey="b-e"),
        {**B, "EvaluationKey": "b-e", "ModelDataUrl": ""},
    ),
    "new settings": (
        FIRST.with_settings(PRODUCTION).deploy(),
        {**A, "MinimumAccuracy": "0.9", "Epochs": "5"},
    ),
    "new settings, and a gate that a person set": (
        SET.with_settings(PRODUCTION).deploy(),
        {**A, "MinimumAccuracy": "0.7", "EvaluationKey": "a-e"},
    ),
    "the gate follows the settings again": (
        SET.with_settings(PRODUCTION).deploy(MinimumAccuracy=""),
        {"MinimumAccuracy": "0.9"},
    ),
    "promoted": (
        SET.deploy(PROMOTED),
        {**PROMOTED, "MinimumAccuracy": "0.7", "Epochs": "8"},
    ),
    "promoted, then deployed again": (
        FIRST.deploy(PROMOTED).deploy(),
        PROMOTED,
    ),
    "promoted, then retrained": (
        FIRST.deploy(PROMOTED).deploy(A),
        {**A, "ModelDataUrl": "", "EvaluationKey": ""},
    ),
    "promoted, then retrained on the very data it came with": (
        FIRST.deploy(PROMOTED).deploy(B),
        {**B, "ModelDataUrl": "", "EvaluationKey": ""},
    ),
    "overlap accepted": (
        FIRST.deploy(accept_overlap=True),
        {"AcceptOverlap": A["TrainKey"]},
    ),
    "overlap accepted with new data": (
        FIRST.deploy(B, accept_overlap=True),
        {"AcceptOverlap": B["TrainKey"]},
    ),
    "overlap accepted, then new data": (
        FIRST.deploy(accept_overlap=True).deploy(B),
        {"AcceptOverlap": ""},
    ),
    "plain cdk deploy": (
        SET.plain(),
        {**A, "EvaluationKey": "a-e", "MinimumAccuracy": "0.7", "Epochs": "8"},
    ),
    "plain cdk deploy, new settings": (
        FIRST.with_settings(PRODUCTION).plain(),
        {"MinimumAccuracy": "0.9"},
    ),
    "plain cdk deploy of the line that upload prints": (
        SET.deploy(PROMOTED).plain(**A, EvaluationKey="", ModelDataUrl=""),
        {**A, "EvaluationKey": "", "ModelDataUrl": "", "Epochs": "8"},
    ),
    "plain cdk deploy of new data after an accepted overlap": (
        # The value stays, and names a training file that is not the new one: of no effect.
        FIRST.deploy(accept_overlap=True).plain(**B),
        {**B, "AcceptOverlap": A["TrainKey"]},
    ),
}


@pytest.mark.parametrize("course", COURSES)
def test_every_parameter_has_the_right_value_after(course: str) -> None:
    stack, right = COURSES[course]
    assert {name: stack[name] for name in right} == right


def said(
    stack: Stack, data: Mapping[str, str] | None = None, **given: str
) -> dict[str, tuple[str, str]]:
    """Name → value and source, of the next deployment."""
    choices = choose(
        declared_parameters(model_template(gate=stack.gate)),
        deployed=stack.parameters,
        given=Given(given),
        data=data,
    )
    return {choice.name: (choice.value, choice.source) for choice in choices if choice.source}


@pytest.mark.parametrize(
    ("told", "name", "value", "source"),
    [
        (said(FIRST), "MinimumAccuracy", "0.6", "the tier's settings"),
        (said(SET), "Epochs", "8", "kept from an earlier deployment (the default is 5)"),
        (said(SET), "EvaluationKey", "a-e", "kept, as the data are"),
        (said(SET, B), "EvaluationKey", "", "empty again: a-e belonged to the former data"),
        (said(SET, B), "TrainKey", B["TrainKey"], "the data"),
        (said(FIRST, Epochs="9"), "Epochs", "9", "given now"),
        (said(SET, MinimumAccuracy=""), "MinimumAccuracy", "0.6", "the tier's settings again"),
        (
            said(SET.with_settings(PRODUCTION)),
            "MinimumAccuracy",
            "0.7",
            "kept: set by a person (the tier's settings say 0.9; MinimumAccuracy= follows them "
            "again)",
        ),
    ],
)
def test_where_a_value_comes_from_is_told(
    told: dict[str, tuple[str, str]], name: str, value: str, source: str
) -> None:
    assert told[name] == (value, source)


def test_default_is_no_news() -> None:
    assert "Epochs" not in said(FIRST)


def test_value_that_is_written_otherwise_than_the_default_is_no_news() -> None:
    assert "LearningRate" not in said(FIRST.plain(LearningRate=".50"))


def test_defaults_are_counted() -> None:
    choices = choose(
        declared_parameters(model_template()), deployed=FIRST.parameters, given=Given(), data=None
    )
    assert [line for line in shown(choices) if "default" in line] == [
        "9 other parameters have their defaults"
    ]


FEW = {**B, **HYPERPARAMETERS}
"""Another data set, of fewer than 4,000 texts."""


def test_few_texts_are_trained_on_with_what_suits_them() -> None:
    stack = Stack().deploy(A).deploy(FEW)
    assert {name: stack[name] for name in HYPERPARAMETERS} == HYPERPARAMETERS


def test_what_suited_few_texts_ends_with_them() -> None:
    stack = Stack().deploy(FEW).deploy(A)
    assert (stack["Epochs"], stack["WordNgrams"], stack["EarlyStopping"]) == ("5", "3", "True")


def test_what_suits_few_texts_stays_while_the_data_stay() -> None:
    assert Stack().deploy(FEW).deploy()["Epochs"] == "20"


def test_what_a_person_has_given_counts_more_than_the_number_of_texts() -> None:
    stack = Stack().deploy(A, Epochs="8").deploy(FEW)
    assert (stack["Epochs"], stack["WordNgrams"]) == ("8", "3")


def test_one_hyperparameter_given_now_leaves_the_others_alone() -> None:
    stack = Stack().deploy(FEW, WordNgrams="1")
    assert (stack["Epochs"], stack["WordNgrams"]) == ("5", "1")


def test_promoted_model_leaves_the_hyperparameters_alone() -> None:
    assert Stack().deploy(FEW).deploy({"ModelDataUrl": "s3://b/m.tar.gz"})["Epochs"] == "20"
