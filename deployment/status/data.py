"""What a training job learned from: its files, and the `dataset.json` beside them."""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from deployment.status.aws_reads import Aws
from deployment.status.fields import DataStatus
from lambdas.custom_resource.aws_errors import error_code, is_missing_object
from tier_layout.bucket import DATASETS_PREFIX, MANIFEST_FILE, VALIDATION_FILE, manifest_key
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.manifest import LARGEST_MANIFEST_BYTES, Manifest, ManifestError, parse_manifest
from tier_layout.s3_address import S3Address

_CONTENT_ADDRESS = re.compile(rf"{DATASETS_PREFIX}/([0-9a-f]{{12}})/[^/]+")


def data_of_job(
    aws: Aws, job: Mapping[str, Any] | None, *, asked: DatasetKeys
) -> DataStatus | None:
    """What a job as SageMaker describes it was given; None without a job, or without S3 data.

    Args:
        aws: where to look.
        job: the description.
        asked: what the model's stack asks for, which may be a later job's. No job knows a test file
            that is not its validation channel's, too.
    """
    uris = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in (job or {}).get("InputDataConfig", ())
        if "S3DataSource" in channel.get("DataSource", {})
    }
    if "train" not in uris:
        return None
    train = S3Address.parse(uris["train"])
    held_out = S3Address.parse(uris["validation"]).key if "validation" in uris else ""
    if (asked.train, asked.validation or asked.test) == (train.key, held_out):
        return data_of_keys(aws, train.bucket, asked)
    of_its_own = held_out.rpartition("/")[2] == VALIDATION_FILE
    keys = DatasetKeys(
        train=train.key,
        validation=held_out if of_its_own else "",
        test="" if of_its_own else held_out,
    )
    return data_of_keys(aws, train.bucket, keys)


def data_of_keys(aws: Aws, bucket: str | None, keys: DatasetKeys) -> DataStatus | None:
    """The same for object keys; None when there is none."""
    if not keys.train:
        return None
    address = _CONTENT_ADDRESS.fullmatch(keys.train)
    found = _manifest(aws, bucket, keys.train)
    manifest, problem = (None, found) if isinstance(found, str) else (found, None)
    return DataStatus(
        bucket=bucket,
        train_key=keys.train,
        validation_key=keys.validation or None,
        test_key=keys.test or None,
        content_hash=address[1] if address else None,
        rows=manifest.rows_out if manifest else None,
        labels=manifest.labels if manifest else None,
        sha256=manifest.sha256 if manifest else None,
        normaliser_version=manifest.normaliser_version if manifest else None,
        manifest_problem=problem,
    )


def _manifest(aws: Aws, bucket: str | None, train_key: str) -> Manifest | str:
    """The manifest beside a training file, or why there is none.

    It is not needed to serve, so nothing about it is an error.
    """
    if not bucket:
        return "the data bucket is gone"
    key = manifest_key(train_key)
    try:
        content = aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read(LARGEST_MANIFEST_BYTES)
        return parse_manifest(content)
    except ClientError as error:
        if is_missing_object(error):
            return f"there is no {MANIFEST_FILE} beside it"
        return f"{MANIFEST_FILE} may not be read ({error_code(error)})"
    except ManifestError as error:
        return str(error)
