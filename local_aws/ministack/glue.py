"""Glue job runs: the part of `gaps.py` that runs Spark jobs.

ministack 1.5.33 runs a Spark job in AWS's container image. Without Docker it declares the run
SUCCEEDED and runs nothing (glue.py:1781), and a run that is stopped goes on (glue.py:2258).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
)
from ministack.services import glue
from ministack.services.cloudformation import provisioners

from local_aws.glue.job_runs import JobRuns, TooManyRunsError
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.validation import check_request

Handler = Callable[[dict[str, Any]], Any]

_ONE_RUN = {"MaxConcurrentRuns": 1}
_MINUTES = 2880
"""Glue's own timeout (API reference, CreateJob)."""


def run_glue_jobs(runs: JobRuns) -> None:
    """Let Spark jobs run here, and end when they are stopped or deleted."""
    _keep_execution_property()
    _start_runs(runs)
    _settle_lost_runs(runs)
    _stop_runs(runs)


def _keep_execution_property() -> None:
    """glue.py:1590 and 1638, and provisioners.py:13810, drop how many runs may be at once."""
    create, update, fields = glue._create_job, glue._update_job, provisioners._glue_job_fields

    def keep(answer: Any, name: str | None, data: Mapping[str, Any]) -> Any:
        if answer[0] == 200 and "ExecutionProperty" in data:
            glue._jobs[name]["ExecutionProperty"] = data["ExecutionProperty"]
        return answer

    def create_job(data: dict[str, Any]) -> Any:
        answer = create(data)
        return keep(answer, data.get("Name"), {"ExecutionProperty": _ONE_RUN, **data})

    def update_job(data: dict[str, Any]) -> Any:
        return keep(update(data), data.get("JobName"), data.get("JobUpdate", {}))

    def job_fields(props: Mapping[str, Any]) -> dict[str, Any]:
        return {**fields(props), "ExecutionProperty": props.get("ExecutionProperty", _ONE_RUN)}

    glue._create_job, glue._update_job = create_job, update_job
    provisioners._glue_job_fields = job_fields


def _start_runs(runs: JobRuns) -> None:
    """glue.py:1718 starts a run; one of another kind than Spark is left to it."""
    start = glue._start_job_run

    def start_job_run(data: dict[str, Any]) -> Any:
        job = glue._jobs.get(data.get("JobName"))
        if job is None or not glue._is_spark_job(job):
            return start(data)
        try:
            check_request("StartJobRun", data, service="glue")
            record = _record(job, data)
            records = glue._job_runs.setdefault(job["Name"], [])
            runs.start(Scope(get_account_id(), get_region()), job, records, record)
        except SageMakerError as error:
            return error_response_json(error.code, error.message, error.status)
        except TooManyRunsError:
            return error_response_json(
                "ConcurrentRunsExceededException",
                f"Concurrent runs exceeded for {job['Name']}",
                400,
            )
        return json_response({"JobRunId": record["Id"]})

    glue._start_job_run = start_job_run


def _record(job: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    own = {
        name: data.get(name, job.get(name, default))
        for name, default in (
            ("Timeout", _MINUTES),
            ("WorkerType", "G.1X"),
            ("NumberOfWorkers", 2),
        )
    }
    return {
        "Id": f"jr_{new_uuid().replace('-', '')}",
        "Attempt": 0,
        "JobName": job["Name"],
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "Arguments": data.get("Arguments", {}),
        "ErrorMessage": "",
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "GlueVersion": job.get("GlueVersion", ""),
        **own,
        # A template's numbers may be strings.
        "Timeout": int(own["Timeout"]),
    }


def _settle_lost_runs(runs: JobRuns) -> None:
    """glue.py:2244 shows what was saved: runs that ended with a process that was killed."""
    get_one, get_all = glue._get_job_run, glue._get_job_runs

    def settled(get: Handler) -> Handler:
        def answer(data: dict[str, Any]) -> Any:
            for record in glue._job_runs.get(data.get("JobName"), ()):
                runs.settle(record)
            return get(data)

        return answer

    glue._get_job_run, glue._get_job_runs = settled(get_one), settled(get_all)


def _stop_runs(runs: JobRuns) -> None:
    """glue.py:2258 only writes STOPPED, and 1619 forgets a job whose runs go on."""
    batch_stop, delete = glue._batch_stop_job_run, glue._delete_job

    def records_of_spark_job(data: Mapping[str, Any]) -> dict[str, Any] | None:
        job = glue._jobs.get(data.get("JobName"))
        if job is None or not glue._is_spark_job(job):
            return None
        return {record["Id"]: record for record in glue._job_runs.get(job["Name"], ())}

    def batch_stop_job_run(data: dict[str, Any]) -> Any:
        records = records_of_spark_job(data)
        if records is None:
            return batch_stop(data)
        stopped, errors = [], []
        for run_id in data.get("JobRunIds", ()):
            of_run = {"JobName": data["JobName"], "JobRunId": run_id}
            if run_id not in records:
                code, message = "EntityNotFoundException", "Run not found"
            elif not runs.stop(run_id):
                state = records[run_id]["JobRunState"]
                code, message = "InvalidInputException", f"Run {run_id} is in state {state}"
            else:
                stopped.append(of_run)
                continue
            detail = {"ErrorCode": code, "ErrorMessage": message}
            errors.append({**of_run, "ErrorDetail": detail})
        return json_response({"SuccessfulSubmissions": stopped, "Errors": errors})

    def delete_job(data: dict[str, Any]) -> Any:
        for run_id in records_of_spark_job(data) or ():
            runs.stop(run_id)
        return delete(data)

    glue._batch_stop_job_run, glue._delete_job = batch_stop_job_run, delete_job
