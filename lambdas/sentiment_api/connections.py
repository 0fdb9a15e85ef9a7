"""The connections to AWS: made once, reused by every request of this function's process.

They are Powertools dependencies (`Depends`), so that a test overrides them and patches nothing.
"""

import functools
import os
from typing import Any

import botocore.session

from lambdas.sentiment_api import endpoint
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.model_descriptions import CLIENT_CONFIG as SSM_CONFIG
from lambdas.sentiment_api.model_descriptions import ModelDescriptions
from lambdas.sentiment_api.settings import Settings
from lambdas.sentiment_api.vocabularies import CLIENT_CONFIG as S3_CONFIG
from lambdas.sentiment_api.vocabularies import Vocabularies


@functools.cache
def sentiment_endpoint() -> SentimentEndpoint:
    """The endpoint that labels texts."""
    client = _session().create_client("sagemaker-runtime", config=endpoint.CLIENT_CONFIG)
    return SentimentEndpoint(client, name=_settings().endpoint_name)


@functools.cache
def model_descriptions() -> ModelDescriptions:
    """What is known of the models behind the endpoint."""
    client = _session().create_client("ssm", config=SSM_CONFIG)
    settings = _settings()
    return ModelDescriptions(
        client, parameters=(settings.model_parameter, settings.coming_model_parameter)
    )


@functools.cache
def vocabularies() -> Vocabularies:
    """The words that the models know; the bucket is connected to when one is read."""

    def connect_bucket() -> Any:
        return _session().create_client("s3", config=S3_CONFIG)

    return Vocabularies(connect_bucket, bucket=_settings().data_bucket)


def connect() -> None:
    """Make every connection now rather than in the first request.

    Raises:
        SettingsError: the function's environment is incomplete.
    """
    sentiment_endpoint()
    model_descriptions()


@functools.cache
def _session() -> botocore.session.Session:
    # botocore's, which is all that boto3's clients are made of: a shorter cold start.
    return botocore.session.get_session()


@functools.cache
def _settings() -> Settings:
    return Settings.from_environment(os.environ)
