"""Puts a dataset into a tier's data bucket, under keys that follow from its content."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

import boto3
from botocore.exceptions import ClientError

from data_prep.aws_errors import clear_aws_errors
from data_prep.dataset.accept import add_accept_option
from data_prep.dataset.training_files import DatasetFiles, KnownFile, read_training_files
from data_prep.errors import DataPrepError
from data_prep.terminal import byte_progress
from tier_layout.bucket import MANIFEST_FILE
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.names import SETTINGS_OUTPUT, TierNames
from tier_layout.s3_address import S3Address

SHA256 = "sha256"
"""The metadata of an object that holds its hash: an ETag is none for what was sent in parts."""


class S3Client(Protocol):
    """What is used of boto3's S3 client."""

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Size and metadata of an object."""

    def upload_fileobj(  # noqa: D102
        self,
        Fileobj: BinaryIO,  # noqa: N803
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        *,
        ExtraArgs: dict[str, Any],  # noqa: N803
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None: ...


class CloudFormationClient(Protocol):
    """What is used of boto3's CloudFormation client."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The stack's outputs, among other things."""


@dataclass(frozen=True)
class DeployedTier:
    """What is known of a tier that data go to."""

    name: str
    bucket: str
    settings: str | None = None
    """Whose settings it has; None: its own, or nobody has said."""


def find_tier(cloudformation: CloudFormationClient, tier: str) -> DeployedTier:
    """A tier's data bucket and settings, by the outputs of stack `<tier>-TrainingJob`.

    Raises:
        DataPrepError: the stack is not there or has no such output.
    """
    stack = TierNames(tier).training_job
    remedy = f"Deploy it first (`npx cdk deploy {stack} -c tier={tier}`), or name a --bucket"
    try:
        described = cloudformation.describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in str(error):
            raise DataPrepError(
                f"there is no stack {stack} in this account and region. {remedy}"
            ) from error
        raise
    found = described["Stacks"][0].get("Outputs", [])
    outputs = {output["OutputKey"]: str(output["OutputValue"]) for output in found}
    if "DataBucketName" not in outputs:
        raise DataPrepError(f"stack {stack} has no output DataBucketName (yet). {remedy}")
    settings = outputs.get(SETTINGS_OUTPUT)
    return DeployedTier(
        tier, outputs["DataBucketName"], settings=None if settings == tier else settings
    )


def upload_file(
    s3: S3Client,
    file: KnownFile,
    *,
    bucket: str,
    key: str,
    progress: Callable[[int], None] = lambda _: None,
    kind: str = "text/plain",
    replace: bool = True,
) -> bool:
    """Uploads one file unless the bucket has it; in parts if it is large, as boto3 sees fit.

    An object only appears once it is complete, so an upload that was interrupted starts again.

    Args:
        s3: boto3's client.
        file: what is sent.
        bucket: where it goes.
        key: its key there; names its content, unless it is a manifest's.
        progress: is told how many further bytes have been sent.
        kind: the object's content type; a manifest's is known.
        replace: whether it may take the place of an object with other content.

    Returns:
        Whether anything had to be sent.

    Raises:
        DataPrepError: the file has changed since it was read, or another object is in its place.
    """
    try:
        found = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # Without the permission to list, S3 answers 403 for an object that is not there.
        # What cannot be told from an object of somebody else's is not replaced unless it may be.
        absent = {HTTPStatus.NOT_FOUND} | ({HTTPStatus.FORBIDDEN} if replace else set())
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in absent:
            raise
    else:
        if _is_same(found, file, key, trusted=replace):
            progress(file.size)
            return False
        if not replace:
            place = S3Address(bucket, key)
            raise DataPrepError(
                f"{place} is another object than {file.path}, and is not replaced. If nothing "
                f"needs it, remove it (aws s3 rm {place}), and run the command again."
            )
    kind = "application/json" if _is_manifest(key) else kind
    # From an open file: whatever takes its place meanwhile, what is sent is what was hashed.
    with file.open() as content:
        s3.upload_fileobj(
            content,
            bucket,
            key,
            ExtraArgs={"ContentType": kind, "Metadata": {SHA256: file.sha256}},
            Callback=progress,
        )
    return True


def _is_same(found: dict[str, Any], file: KnownFile, key: str, *, trusted: bool) -> bool:
    """Whether an object has the content of a file.

    One that somebody else has put there has no hash. If its key names its content, then the size
    is enough: it is whole or not there. The manifest's key does not, and one that is not `trusted`
    to do so has to have its hash.
    """
    known = found.get("Metadata", {}).get(SHA256)
    if known is None:
        return trusted and not _is_manifest(key) and bool(found["ContentLength"] == file.size)
    return bool(known == file.sha256)


def _is_manifest(key: str) -> bool:
    return PurePosixPath(key).name == MANIFEST_FILE


def deploy_command(keys: DatasetKeys, tier: DeployedTier) -> str:
    """The line that trains on these objects and moves the endpoint to the new model.

    It can be pasted into a shell as it is.
    """
    stack = TierNames(tier.name).machine_learning
    # What belonged to the data before would go on judging these, or be served in their place.
    former = {"EvaluationKey": "", "ModelDataUrl": ""}
    parameters = {**keys.parameters, **former}
    given = [
        word
        for name, value in parameters.items()
        for word in ("--parameters", f"{stack}:{name}={value}")
    ]
    settings = ["-c", f"settings={tier.settings}"] if tier.settings else []
    return shlex.join(["npx", "cdk", "deploy", stack, "-c", f"tier={tier.name}", *settings, *given])


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `upload` to the command line."""
    parser = commands.add_parser("upload", help="the files to S3; prints the deploy command")
    parser.set_defaults(run=_run)
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--tier", default="Sandbox", help="default: Sandbox")
    add_accept_option(parser)
    parser.add_argument("--bucket", metavar="NAME", help="default: the tier's own")
    parser.add_argument("--quiet", action="store_true", help="only the deploy command")
    parser.add_argument("--json", action="store_true", help="only keys and command, as JSON")


@clear_aws_errors()
def _run(options: argparse.Namespace) -> None:
    quiet = options.json or options.quiet
    found = DatasetFiles.in_directory(options.directory, accepted=options.accept)
    total = sum(file.stat().st_size for file in found.texts.values() if file.is_file())
    with byte_progress("reading", total=total, quiet=quiet) as progress:
        files = read_training_files(found, progress=progress)
    for note in () if quiet else files.notes:
        print(note, file=sys.stderr)
    if options.bucket:
        tier = DeployedTier(options.tier, options.bucket)
    else:
        tier = find_tier(boto3.client("cloudformation"), options.tier)
    s3 = boto3.client("s3")
    uploaded = []
    for file, key in files.objects:
        name = f"uploading {file.path.name}"
        with byte_progress(name, total=file.size, quiet=quiet) as progress:
            sent = upload_file(s3, file, bucket=tier.bucket, key=key, progress=progress)
        if sent:
            uploaded.append(key)
        if not quiet:
            state = "uploaded" if sent else "already there"
            print(f"{S3Address(tier.bucket, key)}: {state} ({file.size:,} bytes)", file=sys.stderr)
    command = deploy_command(files.keys, tier)
    if options.json:
        answer = {
            "bucket": tier.bucket,
            "train_key": files.keys.train,
            "validation_key": files.keys.validation,
            "test_key": files.keys.test,
            "uploaded": uploaded,
            "deploy": command,
        }
        print(json.dumps(answer))
    else:
        print(command)
