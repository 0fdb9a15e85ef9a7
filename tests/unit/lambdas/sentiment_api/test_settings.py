"""The function's environment."""

import pytest

from lambdas.sentiment_api.settings import Settings, SettingsError


def test_settings_are_read_from_the_environment() -> None:
    environment = {
        "ENDPOINT_NAME": "Sandbox-sentiment",
        "MODEL_PARAMETER": "/sentiment/model",
        "COMING_MODEL_PARAMETER": "/sentiment/model-coming",
        "DATA_BUCKET": "data",
    }

    assert Settings.from_environment(environment) == Settings(
        endpoint_name="Sandbox-sentiment",
        model_parameter="/sentiment/model",
        coming_model_parameter="/sentiment/model-coming",
        data_bucket="data",
    )


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError, match="ENDPOINT_NAME, MODEL_PARAMETER, COMING_"):
        Settings.from_environment({"ENDPOINT_NAME": ""})
