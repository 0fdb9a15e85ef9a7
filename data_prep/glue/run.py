"""A run of the tier's Glue job, from its start to its outcome."""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from data_prep.errors import DataPrepError
from data_prep.glue.log import LogsClient, RunLog
from data_prep.request import Request
from tier_layout.bucket import PREPARATIONS_PREFIX
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.s3_address import S3Address

POLL_S = 2.0
_UNDER_WAY = ("STARTING", "RUNNING", "WAITING")
_ENDED = ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED")
_RESULT = "--result"


class GlueClient(Protocol):
    """What is used of boto3's Glue client."""

    def start_job_run(self, *, JobName: str, Arguments: Mapping[str, str]) -> dict[str, Any]:  # noqa: N803
        """Its `JobRunId`."""

    def get_job_run(self, *, JobName: str, RunId: str) -> dict[str, Any]:  # noqa: N803
        """The run's state, among other things."""

    def get_job_runs(self, *, JobName: str) -> dict[str, Any]:  # noqa: N803
        """The latest runs."""

    def batch_stop_job_run(self, *, JobName: str, JobRunIds: Sequence[str]) -> dict[str, Any]:  # noqa: N803
        """Asks for the end of runs."""


class S3Client(Protocol):
    """What is used of boto3's S3 client."""

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """The object's `Body`."""


class Watcher(Protocol):
    """Who is told what goes on; see `data_prep.terminal.Activity`."""

    def state(self, state: str) -> None:
        """The run's state, as often as it is looked at."""

    def say(self, line: str) -> None:
        """A line that stays."""


@dataclass(frozen=True, kw_only=True)
class DeployedJob:
    """The Glue job of a tier."""

    name: str
    log_group: str
    bucket: str
    """The tier's data bucket."""


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """A run of the job."""

    run_id: str
    result: S3Address
    """Where it writes its outcome."""
    is_new: bool
    """Whether this call has started it; otherwise it was under way already."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The objects that a run has written into the data bucket."""

    keys: DatasetKeys
    manifest_key: str


def start_or_join(
    glue: GlueClient, job: DeployedJob, *, source: S3Address, request: Request
) -> JobRun:
    """Starts a run, unless one that does the same is under way: then that one.

    So a command that was killed and is run again does not pay for the work twice.

    Raises:
        DataPrepError: the job has as many runs as it may have at once.
    """
    wanted = {"--source": str(source), "--request": request.to_json()}
    for run in glue.get_job_runs(JobName=job.name)["JobRuns"]:
        given = run.get("Arguments", {})
        if run["JobRunState"] in _UNDER_WAY and wanted.items() <= given.items():
            result = S3Address.parse(given[_RESULT])
            return JobRun(run_id=run["Id"], result=result, is_new=False)
    result = S3Address(job.bucket, f"{PREPARATIONS_PREFIX}/{uuid.uuid4().hex}.json")
    try:
        started = glue.start_job_run(JobName=job.name, Arguments={**wanted, _RESULT: str(result)})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConcurrentRunsExceededException":
            raise DataPrepError(
                f"{job.name} has as many runs under way as it may have at once. Wait for one to "
                f"end, or stop one (`aws glue get-job-runs --job-name {job.name}` lists them)"
            ) from error
        raise
    return JobRun(run_id=str(started["JobRunId"]), result=result, is_new=True)


def follow(
    run: JobRun,
    job: DeployedJob,
    *,
    glue: GlueClient,
    logs: LogsClient,
    s3: S3Client,
    activity: Watcher,
    poll_s: float = POLL_S,
) -> Outcome:
    """Waits for the end of a run, showing its state and what it prints.

    Interrupting this stops the run.

    Raises:
        DataPrepError: the run has not succeeded; says why.
    """
    log = RunLog(logs, job.log_group, run.run_id)
    try:
        while True:
            state = glue.get_job_run(JobName=job.name, RunId=run.run_id)["JobRun"]
            activity.state(state["JobRunState"])
            for line in log.new_lines():
                activity.say(line)
            if state["JobRunState"] in _ENDED:
                return _outcome(s3, run, job, state)
            time.sleep(poll_s)
    except KeyboardInterrupt:
        glue.batch_stop_job_run(JobName=job.name, JobRunIds=[run.run_id])
        activity.say(f"stopped run {run.run_id} of {job.name}")
        raise


def _outcome(s3: S3Client, run: JobRun, job: DeployedJob, state: Mapping[str, Any]) -> Outcome:
    told = _read_result(s3, run.result)
    if state["JobRunState"] == "SUCCEEDED" and "train_key" in told:
        keys = DatasetKeys(
            train=told["train_key"],
            validation=told.get("validation_key", ""),
            test=told["test_key"],
        )
        return Outcome(keys=keys, manifest_key=told["manifest_key"])
    reason = told.get("error") or state.get("ErrorMessage") or "it says no more"
    raise DataPrepError(f"run {run.run_id} of {job.name} {state['JobRunState'].lower()}: {reason}")


def _read_result(s3: S3Client, result: S3Address) -> dict[str, str]:
    try:
        body = s3.get_object(Bucket=result.bucket, Key=result.key)["Body"]
    except ClientError as error:
        # A run that was stopped, or that Glue could not start, has written nothing.
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            return {}
        raise
    content: dict[str, str] = json.loads(body.read())
    return content
