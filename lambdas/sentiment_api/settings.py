"""The function's environment as one typed model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class SettingsError(Exception):
    """The environment is incomplete. The message names every variable that is missing."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which endpoint answers, and where its models are described.

    Powertools (`POWERTOOLS_*`) and botocore (`AWS_*`) read their own variables.
    """

    endpoint_name: str
    """`ENDPOINT_NAME`: the SageMaker endpoint, which keeps its name through every retraining."""
    model_parameter: str
    """`MODEL_PARAMETER`: name of the SSM parameter that describes the model in service (JSON)."""
    coming_model_parameter: str
    """`COMING_MODEL_PARAMETER`: of the one that describes the model whose deployment has begun."""

    data_bucket: str
    """`DATA_BUCKET`: where the vocabularies of the models are."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: a variable is missing or empty.
        """
        names = ("ENDPOINT_NAME", "MODEL_PARAMETER", "COMING_MODEL_PARAMETER", "DATA_BUCKET")
        if missing := [name for name in names if not environment.get(name)]:
            raise SettingsError(
                f"Set {', '.join(missing)} in the function's environment: the API cannot "
                "start without."
            )
        return cls(
            endpoint_name=environment["ENDPOINT_NAME"],
            model_parameter=environment["MODEL_PARAMETER"],
            coming_model_parameter=environment["COMING_MODEL_PARAMETER"],
            data_bucket=environment["DATA_BUCKET"],
        )
