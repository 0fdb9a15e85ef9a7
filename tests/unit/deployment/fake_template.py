"""The templates of the stacks that have parameters, as far as the commands read them."""

from typing import Any

from tier_layout.parameter_owners import METADATA, Owner

_PARAMETERS = {
    "TrainKey": (Owner.DATA, None),
    "ValidationKey": (Owner.DATA, ""),
    "TestKey": (Owner.DATA, None),
    "TuningJobs": (Owner.PERSON, 0),
    "ModelDataUrl": (Owner.DATA, ""),
    "Epochs": (Owner.PERSON, 5),
    "LearningRate": (Owner.PERSON, 0.5),
    "WordNgrams": (Owner.PERSON, 3),
    "EarlyStopping": (Owner.PERSON, "True"),
    "EvaluationKey": (Owner.DATA, ""),
    "AcceptOverlap": (Owner.DATA, ""),
    "MinimumAccuracy": (Owner.SETTINGS, ""),
}


def model_template(*, gate: str = "0.6") -> dict[str, Any]:
    """A template whose settings ask for this accuracy."""
    return {
        "Metadata": {
            METADATA: {
                name: {"owner": str(owner)} | ({"value": gate} if owner == Owner.SETTINGS else {})
                for name, (owner, _) in _PARAMETERS.items()
            }
        },
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            },
            **{
                name: {} if default is None else {"Default": default}
                for name, (_, default) in _PARAMETERS.items()
            },
        },
    }


def operations_template() -> dict[str, Any]:
    """That of the stack of dashboard and alarms."""
    return {
        "Metadata": {METADATA: {"AlarmEmail": {"owner": str(Owner.PERSON)}}},
        "Parameters": {"AlarmEmail": {"Default": ""}},
    }


def template_of(stack: str) -> dict[str, Any]:
    """The one of a stack, by its name."""
    return operations_template() if stack.endswith("-Operations") else model_template()
