"""The stack parameters on how good a model must be, and how that is measured."""

import aws_cdk as cdk
from constructs import Construct

from stacks.tiers import TierSettings
from stacks.training_parameters import OBJECT_KEY_PATTERN, declare


class EvaluationParameters(Construct):
    """Declares the stack parameters, under their own names, in the stack of `scope`."""

    def __init__(self, scope: Construct, id: str, *, settings: TierSettings, test_key: str) -> None:
        """Declare them.

        Args:
            scope: the construct's parent.
            id: its name there.
            settings: of the tier, for its gate.
            test_key: what models are evaluated on unless EvaluationKey says otherwise.
        """
        super().__init__(scope, id)
        self.evaluation_key: str = self._evaluation_key(test_key)
        self.minimum_accuracy: str = self._share(
            "MinimumAccuracy",
            default=settings.minimum_accuracy,
            description="The quality gate: the accuracy below which a model is refused",
        )
        self.minimum_macro_f1: str = self._share(
            "MinimumMacroF1",
            default=0,
            description="The gate on the mean of the labels' F1; 0 switches it off",
        )
        self.calibrate: str = self._switch(
            "Calibrate", "Whether the API's confidence is calibrated on the evaluation data"
        )
        self.unsure: str = self._switch(
            "Unsure", "Whether the API says `unsure` below the calibration's threshold"
        )

    def _evaluation_key(self, test_key: str) -> str:
        given = declare(
            self,
            "EvaluationKey",
            type="String",
            default="",
            description="Key of the data that the gate evaluates the model on; empty: TestKey",
            allowed_pattern=f"({OBJECT_KEY_PATTERN})?",
            constraint_description="must be the key of an object in the data bucket, or empty",
        ).value_as_string
        is_given = cdk.CfnCondition(
            self,
            "HasEvaluationKey",
            expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(given, "")),
        )
        return cdk.Token.as_string(cdk.Fn.condition_if(is_given.logical_id, given, test_key))

    def _switch(self, name: str, description: str) -> str:
        return declare(
            self,
            name,
            type="String",
            default="true",
            allowed_values=["true", "false"],
            description=description,
        ).value_as_string

    def _share(self, name: str, *, default: float, description: str) -> str:
        return declare(
            self,
            name,
            type="Number",
            default=default,
            min_value=0,
            max_value=1,
            description=description,
            constraint_description="must be 0 to 1",
        ).value_as_string
