"""Every job run of this embedded AWS that has not ended."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_aws.glue.job_run import ACTIVE, JobRun
from local_aws.sagemaker.roles import Assume
from local_aws.sagemaker.scope import Scope

_CLOSE_GRACE_S = 1.0
_CLOSE_TIMEOUT_S = 5.0


class TooManyRunsError(Exception):
    """The job has as many runs as its ExecutionProperty allows."""


class JobRuns:
    """Starts runs on threads of their own, and stops them."""

    def __init__(
        self,
        *,
        url: str,
        assume: Assume,
        directory: Path,
        report: Callable[[str], None],
        minute_s: float = 60.0,
    ) -> None:
        """Without any run.

        Args:
            url: of the embedded AWS, for the jobs.
            assume: assumes the jobs' roles.
            directory: holds one directory for each run while it lasts.
            report: takes one line for each event that a person cares about.
            minute_s: how many seconds make a minute of a job's Timeout.
        """
        self._url, self._assume, self._directory = url, assume, directory
        self._report, self._minute_s = report, minute_s
        self._lock = threading.Lock()
        self._running: dict[str, tuple[JobRun, threading.Thread]] = {}

    def start(
        self,
        scope: Scope,
        job: Mapping[str, Any],
        records: list[dict[str, Any]],
        record: dict[str, Any],
    ) -> None:
        """Begin a run.

        Args:
            scope: whose job it is.
            job: the job, as GetJob shows it.
            records: the job's runs, as GetJobRuns shows them; the new one is added.
            record: the new run.

        Raises:
            TooManyRunsError: the job does not allow another run now.
        """
        most = int(job.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1))
        run = JobRun(
            job=job,
            record=record,
            scope=scope,
            url=self._url,
            directory=self._directory / record["Id"],
            assume=self._assume,
            minute_s=self._minute_s,
        )
        thread = threading.Thread(
            target=self._run, args=(run, record), name=f"glue-{record['Id']}", daemon=True
        )
        with self._lock:
            if sum(other["JobRunState"] in ACTIVE for other in records) >= most:
                raise TooManyRunsError
            records.append(record)
            self._running[record["Id"]] = run, thread
        thread.start()

    def stop(self, run_id: str) -> bool:
        """End a run as STOPPED; returns at once, and whether there was anything to end."""
        running = self._running.get(run_id)
        return running is not None and running[0].interrupt("STOPPED")

    def close(self) -> None:
        """End every run."""
        running = list(self._running.values())
        for run, _ in running:
            run.interrupt("STOPPED", grace_s=_CLOSE_GRACE_S)
        for _, thread in running:
            thread.join(_CLOSE_TIMEOUT_S)

    def settle(self, record: dict[str, Any]) -> None:
        """Say of a run that an earlier, killed embedded AWS had started that it has ended."""
        if record["JobRunState"] in ACTIVE and record["Id"] not in self._running:
            record.update(JobRunState="STOPPED", CompletedOn=int(time.time()))

    def _run(self, run: JobRun, record: dict[str, Any]) -> None:
        name = f"Glue job run {record['JobName']} {record['Id'][:8]}"
        self._report(f"{name} started")
        run.run()
        self._running.pop(record["Id"], None)
        message = f": {record['ErrorMessage']}" if record["ErrorMessage"] else ""
        state, seconds = record["JobRunState"].lower(), record["ExecutionTime"]
        self._report(f"{name} {state}{message} ({seconds} s)")
