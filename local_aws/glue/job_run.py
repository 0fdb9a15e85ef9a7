"""One run of a Spark job: its files, its process, and the record that GetJobRun shows."""

import logging
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from local_aws.environment import client_environment
from local_aws.glue.errors import JobRunError
from local_aws.glue.run_logs import GROUP_PREFIX, LogStream, follow
from local_aws.glue.spark_process import SparkDriver, check_modules, end_group
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.object_store import ObjectStore
from local_aws.sagemaker.roles import Assume, AssumedRole
from local_aws.sagemaker.scope import Scope

ACTIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
"""The states of a run that has not ended."""
_STOP_GRACE_S = 5.0
_LAST_LINES_S = 5.0
"""How long the Java machine may take to end once the script has."""
_KEPT_ERROR_LINES = 200
_MOST_MESSAGE = 2000

PRINCIPAL = "glue.amazonaws.com"
"""Whom a job's role must allow to assume it."""

_log = logging.getLogger(__name__)


class JobRun:
    """Takes a run through its states; `record` is what ministack answers GetJobRun with."""

    def __init__(
        self,
        *,
        job: Mapping[str, Any],
        record: dict[str, Any],
        scope: Scope,
        url: str,
        directory: Path,
        assume: Assume,
        minute_s: float,
    ) -> None:
        """Prepare a run.

        Args:
            job: the job, as GetJob shows it.
            record: the run, as GetJobRun shows it; changed in place.
            scope: whose run it is.
            url: of the embedded AWS.
            directory: is created for the run's files, and removed when it has ended.
            assume: assumes the job's role, as which everything of the run is done.
            minute_s: how many seconds make a minute of the job's Timeout.
        """
        self._job, self._record, self._scope, self._url = job, record, scope, url
        self._directory, self._assume, self._minute_s = directory, assume, minute_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._interrupted: str | None = None
        self._errors: deque[str] = deque(maxlen=_KEPT_ERROR_LINES)
        arguments = {**job.get("DefaultArguments", {}), **record["Arguments"]}
        identity = {"--JOB_NAME": job["Name"], "--JOB_RUN_ID": record["Id"]}
        self._arguments: dict[str, str] = {**arguments, **identity}

    def run(self) -> None:
        """Run to the end, whatever that is; returns when nothing of the run is left."""
        started = time.monotonic()
        try:
            state, message = self._run()
        except (JobRunError, SageMakerError) as error:
            state, message = "FAILED", str(error)
        except Exception as error:
            _log.exception("job run %s", self._record["Id"])
            state, message = "FAILED", f"Internal service error: {error}"
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)
        now = int(time.time())
        with self._lock:
            self._record.update(
                ErrorMessage=message[:_MOST_MESSAGE],
                ExecutionTime=round(time.monotonic() - started),
                CompletedOn=now,
                LastModifiedOn=now,
                JobRunState=state,
            )

    def interrupt(self, state: str, *, grace_s: float = _STOP_GRACE_S) -> bool:
        """End it early, as STOPPED or TIMEOUT: SIGTERM, and SIGKILL after a grace period.

        Returns:
            Whether there was anything to end.
        """
        with self._lock:
            if self._record["JobRunState"] not in ("STARTING", "RUNNING"):
                return False
            self._interrupted, process = state, self._process
            self._record["JobRunState"] = "STOPPING"
        if process is not None:
            end_group(process, signal.SIGTERM)
            killer = threading.Timer(grace_s, end_group, (process, signal.SIGKILL))
            killer.daemon = True
            killer.start()
        return True

    def _run(self) -> tuple[str, str]:
        role = self._role()
        driver = self._driver(role)
        with self._lock:
            if self._interrupted is None:
                self._process = driver.start()
                self._record["JobRunState"] = "RUNNING"
        if self._process is not None:
            self._follow(self._process, role)
        if self._interrupted == "TIMEOUT":
            return "TIMEOUT", f"Job run exceeded its timeout of {self._record['Timeout']} min"
        if self._interrupted is not None:
            return self._interrupted, ""
        assert self._process is not None  # noqa: S101 - for the type checker
        if self._process.returncode:
            return "FAILED", _reason(self._errors, self._process.returncode)
        return "SUCCEEDED", ""

    def _role(self) -> AssumedRole:
        role = str(self._job["Role"])
        # Glue takes a role's name, too.
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{self._scope.account}:role/{role}"
        try:
            return self._assume(arn, PRINCIPAL, self._scope)
        except SageMakerError as error:
            raise JobRunError(
                f"Failed to assume role {arn}: it must exist, and its trust policy"
                f" must allow {PRINCIPAL} to assume it."
            ) from error

    def _driver(self, role: AssumedRole) -> SparkDriver:
        """Fetch what the job names."""
        check_modules(self._arguments.get("--additional-python-modules", ""))
        self._directory.mkdir(parents=True)
        objects = ObjectStore(lambda: role.client("s3"))
        archives = filter(None, self._arguments.get("--extra-py-files", "").split(","))

        def fetch(url: str) -> Path:
            file = self._directory / url.rsplit("/", 1)[-1]
            objects.download(url, file)
            return file

        return SparkDriver(
            script=fetch(self._job["Command"]["ScriptLocation"]),
            arguments=[word for pair in self._arguments.items() for word in pair],
            python_files=[fetch(url.strip()) for url in archives],
            directory=self._directory,
            environment=client_environment(self._url)
            | {
                **role.environment,
                "AWS_DEFAULT_REGION": self._scope.region,
                "AWS_REGION": self._scope.region,
            },
        )

    def _follow(self, process: subprocess.Popen[bytes], role: AssumedRole) -> None:
        """Publish what it prints until it has ended, with everything that it started."""
        prefix = self._arguments.get("--custom-logGroup-prefix", GROUP_PREFIX)
        output, error = (
            LogStream(
                lambda: role.client("logs"), group=f"{prefix}/{name}", stream=self._record["Id"]
            )
            for name in ("output", "error")
        )

        def keep(lines: Sequence[str]) -> None:
            self._errors.extend(lines)
            error.write(lines)

        readers = [_reader(process.stdout, output.write), _reader(process.stderr, keep)]
        limit = threading.Timer(
            self._record["Timeout"] * self._minute_s, self.interrupt, ("TIMEOUT",)
        )
        limit.daemon = True
        limit.start()
        try:
            process.wait()
            for reader in readers:
                reader.join(_LAST_LINES_S)
            for log in (output, error):
                if log.denied is not None:
                    raise JobRunError(f"Failed to write to CloudWatch Logs: {log.denied}")
        finally:
            limit.cancel()
            end_group(process, signal.SIGKILL)
            for reader in readers:
                reader.join()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _reader(pipe: IO[bytes] | None, write: Callable[[Sequence[str]], None]) -> threading.Thread:
    assert pipe is not None  # noqa: S101 - for the type checker
    thread = threading.Thread(target=follow, args=(pipe, write), daemon=True)
    thread.start()
    return thread


def _reason(lines: Sequence[str], exit_status: int) -> str:
    """The exception that ended a script: what stands after its last traceback."""
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].startswith("Traceback (most recent call last):"):
            for line in list(lines)[number + 1 :]:
                if line and not line.startswith(" "):
                    return line
    last = next((line for line in reversed(lines) if line.strip()), "")
    return f"Command failed with exit code {exit_status}" + (f": {last}" if last else "")
