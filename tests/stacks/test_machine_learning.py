"""Stack {tier}-MachineLearningInfrastructure."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from lambdas.evaluation.inputs import EVALUATOR_VERSION
from stacks.blazingtext_regions import blazingtext_image_uris
from stacks.serving_memory import serving_memory_mib
from stacks.settings.hosting import HostingSettings
from tests.stacks.conftest import TierTemplates, resource
from tier_layout.parameter_owners import METADATA


@pytest.mark.parametrize(
    ("parameter", "minimum", "maximum"),
    [
        ("Epochs", 1, 200),
        ("LearningRate", 0.0001, 5),
        ("VectorDim", 1, 300),
        ("WordNgrams", 1, 5),
        ("MinCount", 0, 1_000_000),
        ("Buckets", 1, 20_000_000),
        ("Patience", 1, 200),
        ("MinEpochs", 1, 200),
        ("TuningJobs", 0, 50),
    ],
)
def test_cloudformation_bounds_the_parameter(
    sandbox: TierTemplates, parameter: str, minimum: float, maximum: float
) -> None:
    declared = sandbox.machine_learning.to_json()["Parameters"][parameter]
    assert (declared["MinValue"], declared["MaxValue"]) == (minimum, maximum)


def test_early_stopping_is_true_or_false(sandbox: TierTemplates) -> None:
    declared = sandbox.machine_learning.to_json()["Parameters"]["EarlyStopping"]
    assert declared["AllowedValues"] == ["True", "False"]


def test_data_keys_have_no_default(sandbox: TierTemplates) -> None:
    parameters = sandbox.machine_learning.to_json()["Parameters"]
    assert [key for key in ("TrainKey", "TestKey") if "Default" in parameters[key]] == []


def test_validation_file_is_optional(sandbox: TierTemplates) -> None:
    declared = sandbox.machine_learning.to_json()["Parameters"]["ValidationKey"]
    assert declared["Default"] == ""
    job = resource(sandbox.machine_learning, "Custom::TrainingJob")
    assert job["ValidationKey"] == {"Ref": "ValidationKey"}


def test_evaluation_knows_what_early_stopping_looked_at(sandbox: TierTemplates) -> None:
    _, given, otherwise = resource(sandbox.machine_learning, "Custom::Evaluation")["ValidationKey"][
        "Fn::If"
    ]
    assert (given, otherwise) == ({"Ref": "ValidationKey"}, {"Ref": "TestKey"})


def test_every_hyperparameter_reaches_the_training_job(sandbox: TierTemplates) -> None:
    hyperparameters = resource(sandbox.machine_learning, "Custom::TrainingJob")["HyperParameters"]
    assert hyperparameters == {
        "mode": "supervised",
        "epochs": {"Ref": "Epochs"},
        "learning_rate": {"Ref": "LearningRate"},
        "vector_dim": {"Ref": "VectorDim"},
        "word_ngrams": {"Ref": "WordNgrams"},
        "min_count": {"Ref": "MinCount"},
        "buckets": {"Ref": "Buckets"},
        "early_stopping": {"Ref": "EarlyStopping"},
        "patience": {"Ref": "Patience"},
        "min_epochs": {"Ref": "MinEpochs"},
    }


def test_gate_of_sandbox_is_low_and_of_production_high(
    sandbox: TierTemplates, production: TierTemplates
) -> None:
    gates = [
        resource(templates.machine_learning, "Custom::Evaluation")["MinimumAccuracy"]
        for templates in (sandbox, production)
    ]
    given = ["HasMinimumAccuracy", {"Ref": "MinimumAccuracy"}]
    assert gates == [{"Fn::If": [*given, "0.6"]}, {"Fn::If": [*given, "0.9"]}]


@pytest.mark.parametrize("name", ["MinimumAccuracy", "MinimumMacroF1"])
@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        *((text, True) for text in ("", "0", "1", "0.85", ".85", "1.0", "0.000001")),
        *((text, False) for text in ("1.1", "2", "-0.1", "85%", "nan", "0.5 ", "1e-3")),
    ],
)
def test_cloudformation_takes_shares_alone_for_a_gate(
    sandbox: TierTemplates, name: str, value: str, allowed: bool
) -> None:
    pattern = sandbox.machine_learning.to_json()["Parameters"][name]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) is allowed


def test_every_parameter_has_an_owner(tier: TierTemplates) -> None:
    template = tier.machine_learning.to_json()
    owners = template["Metadata"][METADATA]
    # What CloudFormation reads from SSM is nobody's to give.
    given = {
        name for name, one in template["Parameters"].items() if "AWS::SSM::" not in one["Type"]
    }
    assert owners.keys() == given


def test_memory_of_what_serves_reaches_the_training_job(
    sandbox: TierTemplates, production: TierTemplates
) -> None:
    memory = [
        resource(templates.machine_learning, "Custom::TrainingJob")["ServingMemoryInMiB"]
        for templates in (sandbox, production)
    ]
    assert memory == ["2048", "8192"]


@pytest.mark.parametrize(
    ("instance_type", "mib"),
    [
        ("ml.c5.large", "4096"),
        ("ml.m5.xlarge", "16384"),
        ("ml.m6g.2xlarge", "32768"),
        ("ml.r5d.12xlarge", "393216"),
        ("ml.g4dn.xlarge", ""),
    ],
)
def test_memory_of_an_instance_type(instance_type: str, mib: str) -> None:
    assert serving_memory_mib(HostingSettings(instance_type=instance_type)) == mib


def test_image_is_known_in_every_region_of_the_sdk(tier: TierTemplates) -> None:
    (mapping,) = tier.machine_learning.to_json()["Mappings"].values()
    assert {region: entry["Uri"] for region, entry in mapping.items()} == blazingtext_image_uris()
    assert len(mapping) >= 37


def test_image_of_a_region_is_aws_own() -> None:
    assert (
        blazingtext_image_uris()["us-east-1"]
        == "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
    )


@pytest.mark.parametrize("type_", ["AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"])
def test_what_a_retraining_replaces_has_no_fixed_name(tier: TierTemplates, type_: str) -> None:
    properties = resource(tier.machine_learning, type_)
    assert {"ModelName", "EndpointConfigName"} & properties.keys() == set()


def test_endpoint_keeps_its_name(sandbox: TierTemplates) -> None:
    endpoint = resource(sandbox.machine_learning, "AWS::SageMaker::Endpoint")
    assert endpoint["EndpointName"] == "Sandbox-sentiment"


def test_model_is_the_one_that_was_evaluated(tier: TierTemplates) -> None:
    model = resource(tier.machine_learning, "AWS::SageMaker::Model")
    assert model["PrimaryContainer"]["ModelDataUrl"] == {
        "Fn::GetAtt": ["Evaluation", "ModelDataUrl"]
    }


def test_evaluated_is_the_training_jobs_model(tier: TierTemplates) -> None:
    evaluation = resource(tier.machine_learning, "Custom::Evaluation")
    assert evaluation["ModelDataUrl"] == {"Fn::GetAtt": ["TrainingJob", "ModelDataUrl"]}


def test_model_is_evaluated_on_the_held_out_data_unless_told_otherwise(
    tier: TierTemplates,
) -> None:
    template = tier.machine_learning.to_json()
    evaluation = resource(tier.machine_learning, "Custom::Evaluation")
    condition, given, otherwise = evaluation["EvaluationKey"]["Fn::If"]
    assert (given, otherwise) == ({"Ref": "EvaluationKey"}, {"Ref": "TestKey"})
    assert template["Conditions"][condition] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "EvaluationKey"}, ""]}]
    }
    assert template["Parameters"]["EvaluationKey"]["Default"] == ""


def test_gate_is_the_evaluations(tier: TierTemplates) -> None:
    evaluation = resource(tier.machine_learning, "Custom::Evaluation")
    gates = {name: evaluation[name] for name in ("MinimumAccuracy", "MinimumMacroF1")}
    assert {name: gate["Fn::If"][:2] for name, gate in gates.items()} == {
        name: [f"Has{name}", {"Ref": name}] for name in gates
    }


def test_sandbox_is_serverless(sandbox: TierTemplates) -> None:
    (variant,) = resource(sandbox.machine_learning, "AWS::SageMaker::EndpointConfig")[
        "ProductionVariants"
    ]
    assert variant["ServerlessConfig"] == {"MaxConcurrency": 10, "MemorySizeInMB": 2048}


def test_production_runs_two_instances_and_scales(production: TierTemplates) -> None:
    (variant,) = resource(production.machine_learning, "AWS::SageMaker::EndpointConfig")[
        "ProductionVariants"
    ]
    target = resource(production.machine_learning, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 2)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


def test_production_rolls_out_by_canary_under_alarms(production: TierTemplates) -> None:
    deployment = resource(production.machine_learning, "AWS::SageMaker::Endpoint")[
        "DeploymentConfig"
    ]
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    alarms = [
        alarm["AlarmName"]["Ref"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]
    ]
    assert routing["Type"] == "CANARY"
    assert set(alarms) == set(production.machine_learning.find_resources("AWS::CloudWatch::Alarm"))


def test_production_keeps_what_autoscaling_reached(production: TierTemplates) -> None:
    endpoint = resource(production.machine_learning, "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True


def test_model_description_names_the_training_data(tier: TierTemplates) -> None:
    value = description(tier)["Value"]["Fn::Join"][1]
    place = next(index for index, part in enumerate(value) if '"training_data":"' in str(part))
    assert value[place + 1] == {"Ref": "TrainKey"}


def test_model_description_holds_the_calibration_of_its_model_as_json(tier: TierTemplates) -> None:
    value = description(tier)["Value"]["Fn::Join"][1]
    measured = '{"version":1,"temperature":0.9,"short_texts":150,"unsure_below":0.6}'
    filled = {
        "Calibration": measured,
        "Accuracy": "0.9069",
        "AccuracyLow": "0.9012",
        "AccuracyHigh": "0.9122",
        "ModelFingerprint": '{"texts":"0","readings":[[0.5]]}',
        "Unsure": "true",
    }
    text = "".join(
        part
        if isinstance(part, str)
        else filled.get(part.get("Ref") or part["Fn::GetAtt"][1], "something")
        for part in value
    )
    described = json.loads(text)
    assert described["calibration"] == json.loads(measured)
    assert (described["unsure"], described["accuracy"]) == (True, 0.9069)
    assert described["accuracy_interval"] == [0.9012, 0.9122]
    assert described["fingerprint"] == {"texts": "0", "readings": [[0.5]]}


@pytest.mark.parametrize("parameter", ["Calibrate", "Unsure"])
def test_what_the_confidence_means_can_be_switched_off(
    sandbox: TierTemplates, parameter: str
) -> None:
    declared = sandbox.machine_learning.to_json()["Parameters"][parameter]
    assert (declared["Default"], declared["AllowedValues"]) == ("true", ["true", "false"])


def test_model_description_changes_after_the_endpoint(tier: TierTemplates) -> None:
    endpoints = tier.machine_learning.find_resources("AWS::SageMaker::Endpoint")
    (entry,) = descriptions(tier, "").values()
    assert set(entry["DependsOn"]) == set(endpoints)


def test_model_that_is_coming_is_described_before_the_endpoint_changes(
    tier: TierTemplates,
) -> None:
    (endpoint,) = tier.machine_learning.find_resources("AWS::SageMaker::Endpoint").values()
    ((name, entry),) = descriptions(tier, "-coming").items()
    assert name in endpoint["DependsOn"]
    assert entry["Properties"]["Value"] == description(tier)["Value"]


def test_change_of_what_is_measured_has_every_model_evaluated_again(tier: TierTemplates) -> None:
    properties = resource(tier.machine_learning, "Custom::Evaluation")
    assert properties["EvaluatorVersion"] == EVALUATOR_VERSION


def description(tier: TierTemplates) -> dict[str, Any]:
    """The properties of the parameter that describes the model in service."""
    (entry,) = descriptions(tier, "").values()
    properties: dict[str, Any] = entry["Properties"]
    return properties


def descriptions(tier: TierTemplates, suffix: str) -> dict[str, Mapping[str, Any]]:
    """By logical id, the parameter of that name's end."""
    return {
        name: entry
        for name, entry in tier.machine_learning.find_resources("AWS::SSM::Parameter").items()
        if entry["Properties"]["Name"].endswith(f"/sentiment/model{suffix}")
    }


@pytest.mark.parametrize(
    "output",
    [
        "EndpointName",
        "TrainingJobName",
        "ValidationAccuracy",
        "Accuracy",
        "MacroF1",
        "ReportKey",
        "EvaluationReport",
        "ModelDataUrl",
    ],
)
def test_stack_tells(tier: TierTemplates, output: str) -> None:
    assert output in tier.machine_learning.to_json()["Outputs"]


def test_nothing_that_a_retraining_changes_is_exported(tier: TierTemplates) -> None:
    # CloudFormation refuses to change an export that another stack imports.
    outputs = tier.machine_learning.to_json()["Outputs"].values()
    assert [output["Export"] for output in outputs if "Export" in output] == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("TuningJobs", {"Ref": "TuningJobs"}),
        ("TuningParallelJobs", "2"),
        ("TuningJobNamePrefix", "Sandbox"),
        ("ModelDataUrl", {"Ref": "ModelDataUrl"}),
    ],
)
def test_tuning_and_import_reach_the_training_job(
    sandbox: TierTemplates, member: str, value: object
) -> None:
    assert resource(sandbox.machine_learning, "Custom::TrainingJob")[member] == value


@pytest.mark.parametrize(("parameter", "default"), [("TuningJobs", 0), ("ModelDataUrl", "")])
def test_tuning_and_import_are_off_by_default(
    sandbox: TierTemplates, parameter: str, default: object
) -> None:
    assert sandbox.machine_learning.to_json()["Parameters"][parameter]["Default"] == default


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("", True),
        ("s3://a-bucket/models/a-job/output/model.tar.gz", True),
        ("s3://a-bucket/models/model.zip", False),
        ("https://a-bucket/models/model.tar.gz", False),
        ("s3://a-bucket/model.tar.gz\n", False),
    ],
)
def test_model_from_elsewhere_is_an_archive_in_s3(
    sandbox: TierTemplates, url: str, accepted: bool
) -> None:
    declared = sandbox.machine_learning.to_json()["Parameters"]["ModelDataUrl"]
    assert (re.fullmatch(declared["AllowedPattern"], url) is not None) == accepted
