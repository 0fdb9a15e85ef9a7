"""Failed calls to AWS, as a user can do something about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from data_prep.errors import DataPrepError


@contextmanager
def clear_aws_errors() -> Iterator[None]:
    """A failed call becomes one line, with a remedy where there is an obvious one.

    Raises:
        DataPrepError: in place of boto3's errors.
    """
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise DataPrepError(
            "no AWS credentials were found: run `aws configure`, or set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except NoRegionError as error:
        raise DataPrepError(
            "no AWS region is set: run `aws configure`, or set AWS_DEFAULT_REGION"
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise DataPrepError(f"the call to AWS failed: {error}") from error
