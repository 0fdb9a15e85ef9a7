"""The connections to AWS: made once, reused by every request of this function's process.

They are Powertools dependencies (`Depends`), so that a test overrides them and patches nothing.
"""

import functools
import os

import botocore.session

from lambdas.sentiment_api import endpoint, model_description
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.model_description import ModelDescription
from lambdas.sentiment_api.settings import Settings


@functools.cache
def sentiment_endpoint() -> SentimentEndpoint:
    """The endpoint that labels texts."""
    client = _session().create_client("sagemaker-runtime", config=endpoint.CLIENT_CONFIG)
    return SentimentEndpoint(client, name=_settings().endpoint_name)


@functools.cache
def deployed_model() -> ModelDescription:
    """The description of the model behind the endpoint."""
    client = _session().create_client("ssm", config=model_description.CLIENT_CONFIG)
    return ModelDescription(client, parameter=_settings().model_parameter)


def connect() -> None:
    """Make every connection now rather than in the first request.

    Raises:
        SettingsError: the function's environment is incomplete.
    """
    sentiment_endpoint()
    deployed_model()


@functools.cache
def _session() -> botocore.session.Session:
    # botocore's, which is all that boto3's clients are made of: a shorter cold start.
    return botocore.session.get_session()


@functools.cache
def _settings() -> Settings:
    return Settings.from_environment(os.environ)
