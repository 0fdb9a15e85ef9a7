"""Delete: old models that were replaced make room, once another one is served.

What was served, and in which order, says the history of the parameter that describes the model:
CloudFormation changes it after the endpoint, and so never before a model is served. The last two
are kept whatever their age: an endpoint on instances fetches its model again when it scales out,
and the one before it is what a person goes back to.

Models are deleted here, and not by a rule of S3's on the objects' age or tags: S3 carries such a
rule out when it likes, perhaps while an older model is on its way back to the endpoint.
CloudFormation sends the Delete of a replaced job before it lets the next update begin, and the
answer waits until this is done. Only a Delete that Lambda delivers twice can come later, and is
over within half a minute: an update that misses the old model which it has just chosen again
fails at its evaluation or its endpoint, and the model before it goes on serving. The bucket has
versions: what is deleted can be brought back for as long as old versions are kept.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import error_code
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.clear_errors import AWS_ERRORS
from lambdas.training_job.imported_model import model_folder
from tier_layout.bucket import MODELS_PREFIX

KEPT_MODELS: Final = 2
"""The served one, and the one that was served before it."""
BUDGET_SECONDS: Final = 5
"""After this time no further call begins: whatever is left, the next Delete finds."""
_MAX_PAGES: Final = 5
"""Pages that are read at most. SSM keeps 100 versions of a parameter, at 50 a page."""
_MOST_VERSIONS: Final = 50
_MOST_KEYS: Final = 1_000
"""DeleteObjects takes no more at once."""
_TAKES: Final = (
    "It takes ssm:GetParameterHistory on the parameter that describes the model, s3:ListBucket on "
    f"the bucket and s3:DeleteObject on {MODELS_PREFIX}/*"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OldModels:
    """What becomes of the models that a tier has served."""

    bucket: str
    """The tier's data bucket."""
    parameter: str
    """Name of the parameter that describes the served model."""
    days: int
    """How old a model has to be, counted from its creation."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Read the function's variables; None for one that has nothing to do with old models."""
        if "OLD_MODEL_DAYS" not in environment:
            return None
        return cls(
            bucket=environment["DATA_BUCKET"],
            parameter=environment["MODEL_PARAMETER"],
            days=int(environment["OLD_MODEL_DAYS"]),
        )

    def expire(self, aws: Aws, clock: Callable[[], float]) -> None:
        """Delete the old models; never fails, and begins no call after `BUDGET_SECONDS`.

        Nothing is deleted unless it is certain which two models are kept.

        Args:
            aws: the services.
            clock: seconds since the epoch.
        """
        begun_at = clock()

        def in_time() -> bool:
            return clock() - begun_at < BUDGET_SECONDS

        try:
            kept = _last_served(_versions(aws, self.parameter, in_time))
            if len(kept) < KEPT_MODELS:
                return
            before = datetime.fromtimestamp(begun_at, UTC) - timedelta(days=self.days)
            old = [
                str(entry["Key"])
                for entry in _objects(aws, self.bucket, in_time)
                if entry["LastModified"] < before
                and model_folder(str(entry["Key"])) not in (None, *kept)
            ][:_MOST_KEYS]
            if old and in_time():
                _delete(aws, self.bucket, old)
        except AWS_ERRORS as error:
            if not isinstance(error, ClientError):
                logger.warning("Old models are kept: %s", type(error).__name__)
            elif error_code(error) != "ParameterNotFound":  # of a stack that is going
                what, code = error.operation_name, error_code(error)
                logger.warning("Old models are kept: %s answers %s. %s", what, code, _TAKES)


def _versions(aws: Aws, parameter: str, in_time: Callable[[], bool]) -> Sequence[Mapping[str, Any]]:
    """Every version of the parameter, the newest first; none if they are not all to be had."""
    request: dict[str, Any] = {"Name": parameter, "MaxResults": _MOST_VERSIONS}
    versions: list[Mapping[str, Any]] = []
    for _ in range(_MAX_PAGES):
        if not in_time():
            break
        page = aws.ssm.get_parameter_history(**request)
        versions += page["Parameters"]
        if not page.get("NextToken"):
            return sorted(versions, key=lambda one: int(one["Version"]), reverse=True)
        request["NextToken"] = page["NextToken"]
    return []


def _last_served(versions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The folders of the models that were served last, as far back as the versions can be read."""
    served: list[str] = []
    for version in versions:
        try:
            folder = str(json.loads(version["Value"])["training_job"])
        except (ValueError, TypeError, KeyError):
            logger.warning("Old models are kept: version %s is unreadable", version["Version"])
            break
        if folder not in served:
            served.append(folder)
        if len(served) == KEPT_MODELS:
            break
    return served


def _objects(aws: Aws, bucket: str, in_time: Callable[[], bool]) -> Iterator[Mapping[str, Any]]:
    request = {"Bucket": bucket, "Prefix": f"{MODELS_PREFIX}/"}
    for _ in range(_MAX_PAGES):
        if not in_time():
            return
        page = aws.s3.list_objects_v2(**request)
        yield from page.get("Contents", [])
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def _delete(aws: Aws, bucket: str, keys: Sequence[str]) -> None:
    answer = aws.s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )
    refused = answer.get("Errors", [])
    if refused:
        codes = ", ".join(sorted({str(one.get("Code")) for one in refused}))
        logger.warning(
            "%d old models are kept: DeleteObjects answers %s. %s", len(refused), codes, _TAKES
        )
    logger.info("%d old models are deleted", len(keys) - len(refused))
