"""Runs training jobs as processes on this machine."""

import logging
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from local_aws.child_process import start_program
from local_aws.sagemaker.errors import SageMakerError, invalid
from local_aws.sagemaker.job_log import JobLog
from local_aws.sagemaker.ml_root import MlRoot
from local_aws.sagemaker.roles import ExecutionRole
from local_aws.sagemaker.training_access import encrypt_volume, publish_metrics, pull_image
from local_aws.sagemaker.training_log import TrainingLog
from local_aws.sagemaker.training_run import TrainingRun

BLAZINGTEXT_TRAIN = ("-m", "local_aws.blazingtext.train")

# SIGTERM, then SIGKILL 120 s later (API reference, StopTrainingJob).
_STOP_GRACE_S = 120.0

_Ending = tuple[str, Callable[[], None]]
"""How a job ended, for a person, and what tells the control plane."""

_log = logging.getLogger(__name__)


class ProcessTrainer:
    """Gives each job a thread, a directory that stands for /opt/ml, and a process."""

    def __init__(
        self,
        *,
        roles: Callable[[str], ExecutionRole],
        directory: Path,
        report: Callable[[str], None],
        program: Sequence[str] = BLAZINGTEXT_TRAIN,
        stop_grace_s: float = _STOP_GRACE_S,
    ) -> None:
        """Run jobs.

        Args:
            roles: assumes a job's execution role by ARN: as it, channels are read, the model is
                written, and so are log and metrics.
            directory: holds one directory for each job while it runs.
            report: takes one line for each event that a person cares about.
            program: the container's train program.
            stop_grace_s: from SIGTERM to SIGKILL.
        """
        self._roles, self._directory, self._report = roles, directory, report
        self._program = program
        self._stop_grace_s = stop_grace_s
        self._running: dict[str, _RunningJob] = {}

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse a job whose role cannot be assumed, or whose channels have no objects."""
        objects = self._roles(request["RoleArn"]).objects
        for channel in request.get("InputDataConfig", ()):
            source = channel["DataSource"].get("S3DataSource")
            if source is None or source["S3DataType"] != "S3Prefix":
                raise invalid(
                    f"Channel {channel['ChannelName']} must have an S3DataSource of type S3Prefix:"
                    " the embedded AWS reads no other."
                )
            if not objects.keys(source["S3Uri"]):
                raise invalid(
                    f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data'
                    " source. Please ensure that the bucket exists in the selected region, that"
                    f' objects exist under that S3 prefix, and that the role "{request["RoleArn"]}"'
                    ' has "s3:ListBucket" permissions on the bucket.'
                )

    def start(self, run: TrainingRun) -> None:
        """Begin the job on a thread of its own."""
        job = _RunningJob(run, self._directory / run.name, self._stop_grace_s)
        self._running[run.name] = job
        thread = threading.Thread(
            target=self._run, args=(run, job), name=f"training-{run.name}", daemon=True
        )
        job.thread = thread
        thread.start()

    def stop(self, name: str) -> None:
        """End the job's process; the thread reports when it is over."""
        if job := self._running.get(name):
            job.interrupt("Stopped")

    def close(self) -> None:
        """End every process, at once."""
        for job in list(self._running.values()):
            job.interrupt("Stopped", grace_s=1.0)
        for job in list(self._running.values()):
            if job.thread is not None:
                job.thread.join(5.0)

    def _run(self, run: TrainingRun, job: "_RunningJob") -> None:
        started = time.monotonic()
        self._report(f"training job {run.name} started")
        log = TrainingLog(metric=run.metric, progress=lambda text: self._report(f"  {text}"))
        try:
            outcome, end = self._train(run, job, log)
        except SageMakerError as error:
            outcome, end = f"failed: {error}", partial(run.failed, str(error))
        except Exception as error:
            _log.exception("training job %s", run.name)
            reason = f"InternalServerError: {error}"
            outcome, end = f"failed: {reason}", partial(run.failed, reason)
        finally:
            shutil.rmtree(job.root, ignore_errors=True)
        accuracy = log.metrics.get("validation:accuracy")
        if outcome == "completed" and accuracy is not None:
            outcome += f": validation accuracy {accuracy:.4f}"
        self._report(f"training job {run.name} {outcome} ({time.monotonic() - started:.1f} s)")
        # After the line above, because a tuning job's next training job begins in this call.
        end()
        self._running.pop(run.name, None)

    def _train(self, run: TrainingRun, job: "_RunningJob", log: TrainingLog) -> _Ending:
        """Take the job through its states, up to the one that it ends in."""
        role = self._roles(run.request["RoleArn"])
        pull_image(run, role)
        encrypt_volume(run, role)
        with JobLog(run.name, role) as published:
            log.publish = published.write
            return self._train_as(role, run, job, log)

    def _train_as(
        self, role: ExecutionRole, run: TrainingRun, job: "_RunningJob", log: TrainingLog
    ) -> _Ending:
        run.enter("Downloading")
        ml_root = MlRoot(job.root / "ml")
        ml_root.write_config(run.request)
        for channel in run.request.get("InputDataConfig", ()):
            url = channel["DataSource"]["S3DataSource"]["S3Uri"]
            role.objects.download_prefix(url, ml_root.channel(channel["ChannelName"]))
        run.enter("Training")
        status = job.train(self._program, ml_root, log)
        if job.interrupted is None and status != 0:
            reason = failure_reason(ml_root.failure_text(), status)
            return f"failed: {reason}", partial(run.failed, reason)
        # Built-in algorithms save what they have when they are stopped.
        run.enter("Uploading")
        archive = job.root / "model.tar.gz"
        has_model = ml_root.pack_model(archive)
        if job.interrupted is None or has_model:
            role.objects.upload(archive, run.artifact_uri)
        publish_metrics(run, role, log.metrics)
        if job.interrupted is not None:
            end = partial(run.stopped, job.interrupted, with_artifacts=has_model)
            return f"stopped: {job.interrupted}", end
        return "completed", run.completed


def failure_reason(failure_text: str, exit_status: int) -> str:
    """A FailureReason in SageMaker's form: who is at fault, what happened, the exit code."""
    text = failure_text.strip() or "The algorithm wrote no reason to /opt/ml/output/failure"
    if not text.startswith(("ClientError", "AlgorithmError", "InternalServerError")):
        text = f"AlgorithmError: {text}"
    return f"{text}, exit code: {exit_status}"


class _RunningJob:
    """The process of one job, and why it was interrupted if it was."""

    def __init__(self, run: TrainingRun, root: Path, grace_s: float) -> None:
        self._run, self._grace_s = run, grace_s
        self.root = root
        self.interrupted: str | None = None
        self.thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def train(self, program: Sequence[str], ml_root: MlRoot, log: TrainingLog) -> int:
        """Run the container's program to its end; returns its exit status."""
        environment = {
            **self._run.request.get("Environment", {}),
            "TRAINING_JOB_NAME": self._run.name,
            "TRAINING_JOB_ARN": self._run.arn,
        }
        with self._lock:
            if self.interrupted is not None:
                return 0
            self._process = process = start_program(
                program, ml_root=ml_root.path, environment=environment, stdout=subprocess.PIPE
            )
        limit = self._run.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400)
        timer = threading.Timer(limit, self.interrupt, args=("MaxRuntimeExceeded",))
        timer.daemon = True
        timer.start()
        # Leaving the block closes the pipes and waits for the process.
        try:
            with process:
                for line in process.stdout or ():
                    log.feed(line.decode("utf-8", errors="replace").rstrip("\r\n"))
                    _log.info("%s: %s", self._run.name, log.lines[-1])
        finally:
            timer.cancel()
        return process.returncode

    def interrupt(self, why: str, grace_s: float | None = None) -> None:
        """End the process early; `why` is the SecondaryStatus to end with."""
        with self._lock:
            self.interrupted = self.interrupted or why
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            grace = self._grace_s if grace_s is None else grace_s
            killer = threading.Timer(grace, process.kill)
            killer.daemon = True
            killer.start()
