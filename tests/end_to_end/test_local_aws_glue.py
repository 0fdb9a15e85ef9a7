"""Glue job runs on the embedded AWS: a small PySpark script, with real Spark."""

import io
import os
import signal
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.leftovers import owned_processes
from tests.end_to_end.conftest import Aws, wait_until
from tests.end_to_end.processes import listeners
from tests.end_to_end.stand_in import create_role
from tests.end_to_end.test_local_aws_cli import Shell

BUCKET = "glue-scripts"
GROUP = "/aws-glue/made-up"
SCRIPT = """
    import argparse
    import tempfile
    import time

    import boto3
    from pyspark.sql import SparkSession

    import colours

    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int)
    parser.add_argument("--then", default="")
    parser.add_argument("--JOB_NAME")
    options, _ = parser.parse_known_args()

    spark = SparkSession.builder.getOrCreate()
    numbers = spark.sparkContext.parallelize(range(options.number), 2)
    print(options.JOB_NAME, numbers.map(colours.of).collect(), flush=True)
    print(sorted(b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"]), flush=True)
    print(spark.version, tempfile.gettempdir(), flush=True)
    if options.then == "fail":
        raise ValueError("the reviews are written in invisible ink")
    if options.then == "wait":
        print("waiting", flush=True)
        numbers.foreach(lambda _: time.sleep(600))
"""


class Job:
    """A Glue job with one run at a time, and ways to look at its runs."""

    name = "colours"

    def __init__(self, aws: Aws | Shell, script: str = SCRIPT) -> None:
        self.aws, self.glue, self.logs = aws, aws.client("glue"), aws.client("logs")
        archive, s3 = io.BytesIO(), aws.client("s3")
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(
                "colours.py", "def of(number):\n    return ('red', 'green')[number % 2]\n"
            )
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="script.py", Body=textwrap.dedent(script).encode())
        s3.put_object(Bucket=BUCKET, Key="colours.zip", Body=archive.getvalue())
        self.glue.create_job(
            Name=self.name,
            Role=create_role(aws.client("iam"), "glue.amazonaws.com", "glue"),
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/script.py"},
            DefaultArguments={
                "--extra-py-files": f"s3://{BUCKET}/colours.zip",
                "--additional-python-modules": "polars",
                "--custom-logGroup-prefix": GROUP,
                "--number": "3",
            },
            ExecutionProperty={"MaxConcurrentRuns": 1},
            GlueVersion="6.0",
            Timeout=10,
        )

    def start(self, then: str = "") -> str:
        run = self.glue.start_job_run(JobName=self.name, Arguments={"--then": then})
        return str(run["JobRunId"])

    def run(self, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.glue.get_job_run(JobName=self.name, RunId=run_id)["JobRun"]
        return run

    def ended(self, run_id: str) -> dict[str, Any]:
        final = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
        wait_until(lambda: self.run(run_id)["JobRunState"] in final)
        return self.run(run_id)

    def stop(self, *run_ids: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.glue.batch_stop_job_run(
            JobName=self.name, JobRunIds=[*run_ids]
        )
        return answer

    def log(self, run_id: str, kind: str = "output") -> list[str]:
        try:
            events = self.logs.get_log_events(
                logGroupName=f"{GROUP}/{kind}", logStreamName=run_id, startFromHead=True
            )
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events["events"]]


@pytest.fixture(scope="module")
def job(embedded_aws: Aws) -> Iterator[Job]:
    job = Job(embedded_aws)
    yield job
    job.glue.delete_job(JobName=job.name)
    s3 = embedded_aws.client("s3")
    for key in ("script.py", "colours.zip", "sleep.py"):
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture(scope="module")
def succeeded(job: Job) -> str:
    run_id = job.start()
    ended = job.ended(run_id)
    assert ended["JobRunState"] == "SUCCEEDED", job.log(run_id, "error")
    return run_id


@pytest.fixture(scope="module")
def waiting(job: Job, succeeded: str) -> Iterator[str]:
    """A run whose Python workers are busy."""
    run_id = job.start("wait")
    wait_until(lambda: "waiting" in job.log(run_id))
    yield run_id
    job.stop(run_id)
    job.ended(run_id)


def test_script_gets_its_arguments_and_its_workers_the_extra_python_files(
    job: Job, succeeded: str
) -> None:
    assert job.log(succeeded)[0] == "colours ['red', 'green', 'red']"


def test_script_calls_the_embedded_aws(job: Job, succeeded: str) -> None:
    assert BUCKET in job.log(succeeded)[1]


def test_temporary_files_are_the_embedded_aws_s_and_gone_afterwards(
    job: Job, succeeded: str
) -> None:
    folder = Path(job.log(succeeded)[2].split(" ", 1)[1])
    assert job.aws.state in folder.parents
    assert not folder.exists()


def test_sparks_messages_are_in_the_error_log(job: Job, succeeded: str) -> None:
    assert any("WARN" in line for line in job.log(succeeded, "error"))


def test_run_says_how_long_it_took(job: Job, succeeded: str) -> None:
    assert 1 <= job.run(succeeded)["ExecutionTime"] <= 60


def test_exception_is_the_error_message(job: Job) -> None:
    ended = job.ended(job.start("fail"))
    assert (ended["JobRunState"], ended["ErrorMessage"]) == (
        "FAILED",
        "ValueError: the reviews are written in invisible ink",
    )


def test_spark_listens_on_loopback_only(job: Job, waiting: str) -> None:
    processes = [pid for pid in owned_processes(job.aws.state) if is_of_spark(pid)]
    found = listeners(processes)
    assert (bool(found), [address for address in found if not address.is_loopback]) == (True, [])


def test_more_runs_than_the_job_allows_are_refused(job: Job, waiting: str) -> None:
    with pytest.raises(job.glue.exceptions.ConcurrentRunsExceededException, match="colours"):
        job.start()


def test_request_that_breaks_a_constraint_is_refused(job: Job) -> None:
    with pytest.raises(job.glue.exceptions.ClientError, match="failed to satisfy constraint"):
        job.glue.start_job_run(JobName=job.name, ExecutionClass="CHEAP")


def test_stopped_run_leaves_no_process(job: Job, waiting: str) -> None:
    stopped = job.stop(waiting)["SuccessfulSubmissions"]
    ended = job.ended(waiting)
    assert ([run["JobRunId"] for run in stopped], ended["JobRunState"]) == ([waiting], "STOPPED")
    wait_until(lambda: not any(map(is_of_spark, owned_processes(job.aws.state))), seconds=5)


def test_run_that_has_ended_cannot_be_stopped(job: Job, succeeded: str) -> None:
    (error,) = job.stop(succeeded)["Errors"]
    assert "is in state SUCCEEDED" in error["ErrorDetail"]["ErrorMessage"]


def test_deleting_a_job_ends_its_run(job: Job) -> None:
    script = b"import time; time.sleep(600)"
    job.aws.client("s3").put_object(Bucket=BUCKET, Key="sleep.py", Body=script)
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/sleep.py"}
    job.glue.create_job(Name="sleep", Role="glue", Command=command)
    before = set(owned_processes(job.aws.state))
    job.glue.start_job_run(JobName="sleep")
    wait_until(lambda: set(owned_processes(job.aws.state)) - before)
    job.glue.delete_job(JobName="sleep")
    wait_until(lambda: not set(owned_processes(job.aws.state)) - before, seconds=10)


def test_killed_embedded_aws_leaves_no_process(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "state")
    shell.up()
    job = Job(shell)
    run_id = job.start("wait")
    wait_until(lambda: "waiting" in job.log(run_id))
    os.kill(shell.instance["pid"], signal.SIGKILL)
    wait_until(lambda: not owned_processes(shell.state), seconds=20)
    shell("down")


def test_run_that_an_embedded_aws_ended_with_itself_is_stopped(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "state")
    shell.up()
    run_id = Job(shell, "import time; time.sleep(600)").start()
    glue = shell.client("glue")
    wait_until(
        lambda: (
            glue.get_job_run(JobName=Job.name, RunId=run_id)["JobRun"]["JobRunState"] == "RUNNING"
        )
    )
    assert (shell("down").returncode, owned_processes(shell.state)) == (0, [])
    shell.up()
    run = shell.client("glue").get_job_run(JobName=Job.name, RunId=run_id)["JobRun"]
    shell("down")
    assert run["JobRunState"] == "STOPPED"


def is_of_spark(pid: int) -> bool:
    try:
        return b"spark" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
