"""How a tuning job comes to its end, training job by training job.

Nothing here polls: whenever a training job ends, its tuning job advances in that
very call, on that very thread.
"""

import contextlib
import hashlib
import itertools
import threading
from collections.abc import Callable

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.training_jobs import TrainingJobs
from local_aws.sagemaker.tuning_alarm import Alarm
from local_aws.sagemaker.tuning_job import TunedJob, TuningJob
from local_aws.sagemaker.tuning_request import training_job_request
from local_aws.sagemaker.tuning_space import Search, in_words


class TuningCourse:
    """Runs the training jobs of one tuning job. Safe to call from any thread."""

    def __init__(
        self,
        job: TuningJob,
        *,
        search: Search,
        training_jobs: TrainingJobs,
        report: Callable[[str], None],
        scope: Scope,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        self._job, self._search, self._training_jobs = job, search, training_jobs
        self._report, self._scope, self._lock, self._clock = report, scope, lock, clock
        self._call_off: Callable[[], None] = lambda: None
        self._is_closed = False

    def begin(self, alarm: Alarm) -> None:
        """Start the first training jobs, and set the alarm for MaxRuntimeInSeconds."""
        limits = self._job.limits
        self._report(
            f"tuning job {self._job.name} started ({limits['MaxNumberOfTrainingJobs']} training"
            f" jobs, {limits['MaxParallelTrainingJobs']} at a time)"
        )
        with self._lock:
            # Somebody may have stopped it, or closed the control plane, before it began.
            if "MaxRuntimeInSeconds" in limits and not (self._is_closed or self._job.is_over):
                self._call_off = alarm(limits["MaxRuntimeInSeconds"], self._out_of_time)
        self._advance()

    def follow(self) -> None:
        """Take over the states of the training jobs, and teach the search what came of them."""
        job = self._job
        for trial, one in enumerate(job.jobs):
            if one.is_over:
                continue
            training_job = self._training_jobs.find(one.name)
            if training_job is not None:
                one.follow(training_job, job.metric)
            else:
                one.lose("The training job was deleted as soon as it had ended.", self._clock())
            if one.is_over:
                job.modified = self._clock()
                self._search.tell(trial, one.objective)

    def halt(self) -> None:
        """Start no more training jobs, stop those that run, and end when they have."""
        with self._lock:
            if self._job.status != "InProgress":
                return
            self._job.enter("Stopping", self._clock())
        for one in self._job.running:
            # It may have ended in this moment, or somebody else stops it.
            with contextlib.suppress(SageMakerError):
                self._training_jobs.stop({"TrainingJobName": one.name})
        self._advance()

    def close(self) -> None:
        """Leave everything as it is; for the end of the embedded AWS."""
        with self._lock:
            self._is_closed = True
            self._call_off()

    def _advance(self) -> None:
        """Take note of what has ended, start what may start, and end the job when all is done.

        What it does follows from the states alone, so it may be called at any time.
        """
        job = self._job
        with self._lock:
            self.follow()
            while not self._is_closed and job.may_start_another():
                self._start_training_job()
            ends = not (self._is_closed or job.is_over or job.running)
            if ends:
                self._end()
        if ends:
            self._report(_in_words(job))

    def _start_training_job(self) -> None:
        job, tuned = self._job, self._search.ask()
        name = self._free_name(len(job.jobs) + 1)
        one = TunedJob(name, self._scope.arn("training-job", name), self._clock(), tuned)
        # Before it starts, because a trainer may report its end at once.
        job.jobs.append(one)
        job.modified = one.created
        self._training_jobs.launch(
            training_job_request(job.request, name=name, tuned=tuned),
            tuning_job_arn=job.arn,
            when_over=self._advance,
        )

    def _free_name(self, number: int) -> str:
        """`<tuning job>-001-1f2e3d4c`: by chance on AWS, here the same in every run of a test."""
        for salt in itertools.count():
            seed = f"{self._job.arn} {self._job.created.isoformat()} {number} {salt}"
            suffix = hashlib.sha256(seed.encode()).hexdigest()[:8]
            name = f"{self._job.name}-{number:03}-{suffix}"
            if self._training_jobs.find(name) is None:
                return name
        raise AssertionError("unreachable")

    def _end(self) -> None:
        job, now = self._job, self._clock()
        self._call_off()
        if job.status == "Stopping":
            job.enter("Stopped", now)
        elif job.best is not None:
            job.enter("Completed", now)
        else:
            reason = (
                f"No training job succeeded after {len(job.jobs)} attempts. Please take a look"
                " at the training job failures to get more details."
            )
            job.enter("Failed", now, reason)

    def _out_of_time(self) -> None:
        with self._lock:
            if self._is_closed or self._job.status != "InProgress":
                return
        seconds = self._job.limits["MaxRuntimeInSeconds"]
        self._report(f"tuning job {self._job.name} has run for its MaxRuntimeInSeconds, {seconds}")
        self.halt()


def _in_words(job: TuningJob) -> str:
    """How the job ended, for a person."""
    outcome, best = f"tuning job {job.name} {job.status.lower()}", job.best
    if best is not None:
        tuned = in_words(best.tuned)
        return f"{outcome}: best {best.name}, {job.metric} {best.objective:.4f} ({tuned})"
    return f"{outcome}: {job.failure_reason}" if job.failure_reason else outcome
