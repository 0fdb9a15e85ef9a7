"""The stack parameters with which a data scientist retrains.

Named after BlazingText's hyperparameters, with bounds that CloudFormation checks before
anything starts. A hyperparameter's meaning and range:
docs.aws.amazon.com/sagemaker/latest/dg/blazingtext_hyperparameters.html.
"""

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from lambdas.training_job.properties import MAX_TUNING_JOBS
from stacks.parameters import OBJECT_KEY_PATTERN, declare, unless_empty
from tier_layout.parameter_owners import Owner


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One BlazingText hyperparameter as a CloudFormation parameter."""

    parameter: str
    """The stack parameter's name."""
    name: str
    """BlazingText's name."""
    default: float | str
    minimum: float | None = None
    maximum: float | None = None
    description: str


HYPERPARAMETERS = (
    Hyperparameter(
        parameter="Epochs",
        name="epochs",
        default=5,
        minimum=1,
        maximum=200,
        description="Passes over the training data, at the most",
    ),
    Hyperparameter(
        parameter="LearningRate",
        name="learning_rate",
        default=0.5,
        minimum=0.0001,
        maximum=5,
        description="Step size, decaying to 0; millions of reviews want less (0.05)",
    ),
    Hyperparameter(
        parameter="VectorDim",
        name="vector_dim",
        default=10,
        minimum=1,
        maximum=300,
        description="Dimensions of a word vector; the model's size grows with it",
    ),
    Hyperparameter(
        parameter="WordNgrams",
        name="word_ngrams",
        default=3,
        minimum=1,
        maximum=5,
        description="The longest sequence of words that counts as a feature",
    ),
    Hyperparameter(
        parameter="MinCount",
        name="min_count",
        default=2,
        minimum=0,
        maximum=1_000_000,
        description="Words that occur less often are left out",
    ),
    Hyperparameter(
        parameter="Buckets",
        name="buckets",
        default=2_000_000,
        minimum=1,
        maximum=20_000_000,
        description="Hash buckets for word n-grams; model size is 4 B x VectorDim x Buckets",
    ),
    Hyperparameter(
        parameter="EarlyStopping",
        name="early_stopping",
        default="True",
        description="Stop when the validation accuracy no longer improves",
    ),
    Hyperparameter(
        parameter="Patience",
        name="patience",
        default=4,
        minimum=1,
        maximum=200,
        description="Epochs without improvement before EarlyStopping ends the training",
    ),
    Hyperparameter(
        parameter="MinEpochs",
        name="min_epochs",
        default=1,
        minimum=1,
        maximum=200,
        description="Epochs before EarlyStopping looks at the validation accuracy",
    ),
)


class TrainingParameters(Construct):
    """Declares the stack parameters, under their own names, in the stack of `scope`."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.train_key: str = self._key("TrainKey", "training data (channel train)")
        validation = self._validation_key()
        self.test_key: str = self._key("TestKey", "held-out data, for the evaluation alone")
        self.validation_key: str = validation.value_as_string
        """Empty for a dataset of two files."""
        self.validated_on: str = unless_empty(validation, self.test_key)
        """What the channel `validation` reads."""
        self.tuning_jobs: str = self._tuning_jobs()
        self.model_data_url: str = self._model_data_url()
        self.hyperparameters: dict[str, str] = {"mode": "supervised"} | {
            hyperparameter.name: self._hyperparameter(hyperparameter)
            for hyperparameter in HYPERPARAMETERS
        }

    def _key(self, name: str, what: str) -> str:
        return declare(
            self,
            name,
            owner=Owner.DATA,
            type="String",
            description=f"Key in the data bucket of the {what}; printed by `data_prep upload`",
            allowed_pattern=f"({OBJECT_KEY_PATTERN})?",
            constraint_description="must be the key of an object in the data bucket, such as "
            "datasets/0123456789ab/train.txt, or empty where ModelDataUrl names a model",
        ).value_as_string

    def _validation_key(self) -> cdk.CfnParameter:
        return declare(
            self,
            "ValidationKey",
            owner=Owner.DATA,
            type="String",
            default="",
            description="Key of the data that early stopping and tuning look at (channel "
            "validation); empty: TestKey, whose accuracy is then optimistic",
            allowed_pattern=f"({OBJECT_KEY_PATTERN})?",
            constraint_description="must be the key of an object in the data bucket, or empty",
        )

    def _tuning_jobs(self) -> str:
        return declare(
            self,
            "TuningJobs",
            owner=Owner.PERSON,
            type="Number",
            default=0,
            min_value=0,
            max_value=MAX_TUNING_JOBS,
            description="Search for hyperparameters with so many training jobs, and go on with "
            "the best; 0: one training job with the hyperparameters below",
            constraint_description=f"must be 0 to {MAX_TUNING_JOBS}",
        ).value_as_string

    def _model_data_url(self) -> str:
        return declare(
            self,
            "ModelDataUrl",
            owner=Owner.DATA,
            type="String",
            default="",
            description="s3:// URI of a model.tar.gz in the data bucket, to be served without any "
            "training; set by `make promote`. Empty: train",
            allowed_pattern=rf"(s3://[a-z0-9.-]{{3,63}}/{OBJECT_KEY_PATTERN}\.tar\.gz)?",
            constraint_description="must be s3://BUCKET/KEY.tar.gz, or empty",
        ).value_as_string

    def _hyperparameter(self, hyperparameter: Hyperparameter) -> str:
        if isinstance(hyperparameter.default, str):
            return declare(
                self,
                hyperparameter.parameter,
                owner=Owner.PERSON,
                type="String",
                default=hyperparameter.default,
                allowed_values=["True", "False"],
                description=hyperparameter.description,
            ).value_as_string
        return declare(
            self,
            hyperparameter.parameter,
            owner=Owner.PERSON,
            type="Number",
            default=hyperparameter.default,
            min_value=hyperparameter.minimum,
            max_value=hyperparameter.maximum,
            description=hyperparameter.description,
            constraint_description=f"must be {hyperparameter.minimum} to {hyperparameter.maximum}",
        ).value_as_string
