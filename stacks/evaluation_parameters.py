"""The stack parameters on how good a model must be, and how that is measured."""

from constructs import Construct

from stacks.parameters import OBJECT_KEY_PATTERN, SHARE_PATTERN, declare, unless_empty
from stacks.settings.training import TrainingSettings
from tier_layout.parameter_owners import Owner


class EvaluationParameters(Construct):
    """Declares the stack parameters, under their own names, in the stack of `scope`."""

    def __init__(
        self, scope: Construct, id: str, *, settings: TrainingSettings, test_key: str
    ) -> None:
        """Declare them.

        Args:
            scope: the construct's parent.
            id: its name there.
            settings: of the tier, for its gate.
            test_key: what models are evaluated on unless EvaluationKey says otherwise.
        """
        super().__init__(scope, id)
        self.evaluation_key: str = self._evaluation_key(test_key)
        self.accept_overlap: str = self._accept_overlap()
        self.minimum_accuracy: str = self._gate(
            "MinimumAccuracy",
            settings.minimum_accuracy,
            "The quality gate: the accuracy (0 to 1) below which a model is refused",
        )
        self.minimum_macro_f1: str = self._gate(
            "MinimumMacroF1",
            settings.minimum_macro_f1,
            "The gate on the mean of the labels' F1 (0 to 1; 0 switches it off)",
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
            owner=Owner.DATA,
            type="String",
            default="",
            description="Key of the data that the gate evaluates the model on; empty: TestKey",
            allowed_pattern=f"({OBJECT_KEY_PATTERN})?",
            constraint_description="must be the key of an object in the data bucket, or empty",
        )
        return unless_empty(given, test_key)

    def _accept_overlap(self) -> str:
        return declare(
            self,
            "AcceptOverlap",
            owner=Owner.DATA,
            type="String",
            default="",
            description="The TrainKey whose file may hold more than 1 % of the evaluation's texts; "
            "said by `--accept-overlap`. Of no effect for any other training file",
            allowed_pattern=f"({OBJECT_KEY_PATTERN})?",
            constraint_description="must be the value of TrainKey, or empty",
        ).value_as_string

    def _gate(self, name: str, settings_value: float, description: str) -> str:
        given = declare(
            self,
            name,
            owner=Owner.SETTINGS,
            settings_value=f"{settings_value:g}",
            type="String",
            default="",
            description=f"{description}. Empty: {settings_value:g}, as the tier's settings say",
            allowed_pattern=f"({SHARE_PATTERN})?",
            constraint_description="must be 0 to 1, or empty",
        )
        return unless_empty(given, f"{settings_value:g}")

    def _switch(self, name: str, description: str) -> str:
        return declare(
            self,
            name,
            owner=Owner.PERSON,
            type="String",
            default="true",
            allowed_values=["true", "false"],
            description=description,
        ).value_as_string
