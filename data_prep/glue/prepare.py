"""`prepare --on glue`: the tier's Glue job does the work, and this machine looks on."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from data_prep.aws_errors import clear_aws_errors
from data_prep.dataset.files import replaced_directory
from data_prep.errors import DataPrepError
from data_prep.glue.run import DeployedJob, follow, start_or_join
from data_prep.request import Request
from data_prep.terminal import activity, print_account
from data_prep.upload import CloudFormationClient, DeployedTier, deploy_command, find_tier
from tier_layout.bucket import MANIFEST_FILE
from tier_layout.names import TierNames
from tier_layout.s3_address import S3Address

JOB_NAME_OUTPUT = "DataPreparationJobName"
LOG_GROUP_OUTPUT = "DataPreparationLogGroup"


@clear_aws_errors()
def prepare_on_glue(source: S3Address, out: Path, request: Request, *, tier: str) -> None:
    """Runs the tier's job; writes the manifest to `out`, and prints an account and what is next.

    Raises:
        DataPrepError: the job is not deployed, the run does not succeed, or `out` cannot be
            written.
    """
    cloudformation = boto3.client("cloudformation")
    deployed = find_tier(cloudformation, tier)
    job = find_job(cloudformation, deployed)
    glue, logs, s3 = (boto3.client(service) for service in ("glue", "logs", "s3"))
    # Before the run, so that one that is paid for does not end with a directory in the way.
    with replaced_directory(out) as directory:
        run = start_or_join(glue, job, source=source, request=request)
        with activity(f"{job.name}, run {run.run_id}") as shown:
            if not run.is_new:
                shown.say(f"run {run.run_id} does the same and is under way: following that one")
            outcome = follow(run, job, glue=glue, logs=logs, s3=s3, activity=shown)
        manifest = s3.get_object(Bucket=job.bucket, Key=outcome.manifest_key)["Body"].read()
        (directory / MANIFEST_FILE).write_bytes(manifest)
    described = json.loads(manifest)
    print_account(described)
    keys = replace(outcome.keys, training_texts=described["rows_out"]["train"])
    for key in (keys.train, keys.validation, keys.test, outcome.manifest_key):
        if key:
            print(S3Address(job.bucket, key), file=sys.stderr)
    print(deploy_command(keys, deployed))


def find_job(cloudformation: CloudFormationClient, tier: DeployedTier) -> DeployedJob:
    """The job of a tier, by the outputs of stack `<tier>-DataPreparation`.

    Raises:
        DataPrepError: the stack is not there, or has no such outputs.
    """
    settings = f" -c settings={tier.settings}" if tier.settings else ""
    stack = TierNames(tier.name).data_preparation
    remedy = f"Deploy it first: `npx cdk deploy {stack} -c tier={tier.name}{settings}`"
    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            raise DataPrepError(
                f"there is no stack {stack} in this account and region. {remedy}"
            ) from error
        raise
    outputs = {o["OutputKey"]: str(o["OutputValue"]) for o in described.get("Outputs", [])}
    if missing := {JOB_NAME_OUTPUT, LOG_GROUP_OUTPUT} - outputs.keys():
        raise DataPrepError(f"stack {stack} has no output {min(missing)} (yet). {remedy}")
    return DeployedJob(
        name=outputs[JOB_NAME_OUTPUT],
        log_group=outputs[LOG_GROUP_OUTPUT],
        bucket=tier.bucket,
    )
