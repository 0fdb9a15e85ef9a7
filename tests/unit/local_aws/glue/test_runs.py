"""Job runs of the embedded AWS's Glue, with plain scripts: what happens around Spark."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.glue import job_run, spark_process
from local_aws.glue.errors import JobRunError
from local_aws.glue.java import OLDEST_JAVA, java_home
from local_aws.glue.job_runs import JobRuns, TooManyRunsError
from local_aws.glue.spark_process import check_modules
from local_aws.sagemaker.roles import Need
from local_aws.sagemaker.scope import Scope

DRIVER = Path(job_run.__file__).with_name("driver.py")
WAIT = "import time\nprint('waiting', flush=True)\ntime.sleep(600)\n"


def with_child(on_sigterm: str) -> str:
    """A script with a child in its process group, whose id it prints."""
    child = f"import signal, time; signal.signal(signal.SIGTERM, signal.{on_sigterm})"
    child += "; print(1, flush=True); time.sleep(600)"
    return (
        "import signal, subprocess, sys, time\n"
        f"signal.signal(signal.SIGTERM, signal.{on_sigterm})\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )


STUBBORN = with_child("SIG_IGN")


class FakeAws:
    """S3 that holds one script, and CloudWatch Logs that keeps lines by group."""

    class exceptions:  # noqa: D106, N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):  # noqa: D106, N818
            pass

    def __init__(self, script: str) -> None:
        self.script = script
        self.lines: dict[str, list[str]] = {}

        self.environment = {"AWS_ACCESS_KEY_ID": "ASIAOFTHEROLE"}

    def __call__(self, _role_arn: str, principal: str, _scope: Scope) -> "FakeAws":
        assert principal == "glue.amazonaws.com"
        return self

    def client(self, _service: str) -> "FakeAws":
        return self

    def require(self, need: Need) -> None: ...

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.script.encode())}

    def create_log_group(self, **_: str) -> None:
        raise self.exceptions.ResourceAlreadyExistsException

    def create_log_stream(self, **_: str) -> None: ...

    def put_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803
        logStreamName: str,  # noqa: N803
        logEvents: list[Any],  # noqa: N803
    ) -> None:
        assert logStreamName.startswith("jr_")
        messages = [event["message"] for event in logEvents]
        self.lines.setdefault(logGroupName, []).extend(messages)


class Job:
    """One job, and what GetJobRun would show of its runs."""

    def __init__(self, folder: Path, script: str, **job: Any) -> None:
        self.aws, self.folder, self.records = FakeAws(script), folder, list[dict[str, Any]]()
        self.job = {
            "Name": "made-up",
            "Role": "arn:aws:iam::000000000000:role/made-up",
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/script.py"},
        } | job
        self.runs = JobRuns(
            url="http://127.0.0.1:1",
            assume=self.aws,
            directory=folder,
            report=lambda line: None,
            minute_s=0.5,
        )

    def start(self, **arguments: str) -> dict[str, Any]:
        record = {
            "Id": f"jr_{len(self.records)}",
            "JobName": "made-up",
            "JobRunState": "STARTING",
            "Arguments": {f"--{name}": value for name, value in arguments.items()},
            "Timeout": self.job.get("Timeout", 100),
            "ErrorMessage": "",
        }
        self.runs.start(Scope(), self.job, self.records, record)
        return record

    def run(self, **arguments: str) -> dict[str, Any]:
        record = self.start(**arguments)
        wait_until(lambda: record["JobRunState"] not in job_run.ACTIVE)
        return record

    def output(self) -> list[str]:
        return self.aws.lines.get("/aws-glue/jobs/output", [])


def wait_until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def new_job(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    jobs: list[Job] = []

    def create(script: str, **job: Any) -> Job:
        jobs.append(Job(tmp_path / "runs", script, **job))
        return jobs[-1]

    yield create
    for job in jobs:
        job.runs.close()


def test_run_arguments_replace_the_default_ones(new_job: Callable[..., Job]) -> None:
    job = new_job("import sys; print(sys.argv[1:])", DefaultArguments={"--a": "1", "--b": "2"})
    job.run(b="3")
    assert job.output() == [
        "['--a', '1', '--b', '3', '--JOB_NAME', 'made-up', '--JOB_RUN_ID', 'jr_0']"
    ]


def test_script_sees_nothing_of_this_repository(new_job: Callable[..., Job]) -> None:
    record = new_job("import local_aws").run()
    assert record["ErrorMessage"] == "ModuleNotFoundError: No module named 'local_aws'"


def test_last_exception_is_the_error_message(new_job: Callable[..., Job]) -> None:
    script = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError(7) from error"
    record = new_job(script).run()
    assert (record["JobRunState"], record["ErrorMessage"]) == ("FAILED", "KeyError: 7")


def test_exit_status_without_an_exception_is_named(new_job: Callable[..., Job]) -> None:
    record = new_job("import sys; sys.exit('no reviews')").run()
    assert record["ErrorMessage"] == "Command failed with exit code 1: no reviews"


def test_what_stderr_says_is_in_the_error_group(new_job: Callable[..., Job]) -> None:
    job = new_job("import sys; print('careful', file=sys.stderr)")
    job.run()
    assert job.aws.lines == {"/aws-glue/jobs/error": ["careful"]}


def test_prefix_of_the_log_groups_is_the_jobs_own(new_job: Callable[..., Job]) -> None:
    job = new_job("print('hello')", DefaultArguments={"--custom-logGroup-prefix": "/own"})
    job.run()
    assert job.aws.lines == {"/own/output": ["hello"]}


def test_last_line_needs_no_line_break(new_job: Callable[..., Job]) -> None:
    job = new_job("print('a'); print('b', end='')")
    job.run()
    assert job.output() == ["a", "b"]


def test_run_leaves_no_file(new_job: Callable[..., Job]) -> None:
    job = new_job("open('here', 'w').write('x')")
    assert job.run()["JobRunState"] == "SUCCEEDED"
    assert list(job.folder.iterdir()) == []


def test_run_that_takes_too_long_ends_as_timeout(new_job: Callable[..., Job]) -> None:
    record = new_job(WAIT, Timeout=1).run()
    assert (record["JobRunState"], record["ErrorMessage"]) == (
        "TIMEOUT",
        "Job run exceeded its timeout of 1 min",
    )


def test_stopped_run_ends_what_it_has_started(new_job: Callable[..., Job]) -> None:
    job = new_job(with_child("SIG_DFL"))
    record = job.start()
    wait_until(job.output)
    assert job.runs.stop(record["Id"])
    wait_until(lambda: record["JobRunState"] == "STOPPED")
    assert not is_alive(int(job.output()[0]))


def test_run_that_has_ended_cannot_be_stopped(new_job: Callable[..., Job]) -> None:
    job = new_job("")
    record = job.run()
    assert (job.runs.stop(record["Id"]), record["JobRunState"]) == (False, "SUCCEEDED")


def test_closing_ends_what_minds_no_sigterm(new_job: Callable[..., Job]) -> None:
    job = new_job(STUBBORN)
    record = job.start()
    wait_until(job.output)
    job.runs.close()
    assert record["JobRunState"] == "STOPPED"
    wait_until(lambda: not is_alive(int(job.output()[0])))  # a process takes a moment to die


def test_job_has_one_run_at_a_time_unless_it_says_otherwise(new_job: Callable[..., Job]) -> None:
    job = new_job(WAIT)
    job.start()
    with pytest.raises(TooManyRunsError):
        job.start()


def test_job_has_as_many_runs_as_it_says(new_job: Callable[..., Job]) -> None:
    job = new_job(WAIT, ExecutionProperty={"MaxConcurrentRuns": 2})
    job.start()
    job.start()
    with pytest.raises(TooManyRunsError):
        job.start()


def test_run_of_an_earlier_process_is_said_to_have_ended(new_job: Callable[..., Job]) -> None:
    job, record = new_job(""), {"Id": "jr_before", "JobRunState": "RUNNING"}
    job.runs.settle(record)
    assert record["JobRunState"] == "STOPPED"


def test_run_of_this_process_is_not(new_job: Callable[..., Job]) -> None:
    job = new_job(WAIT)
    record = job.start()
    wait_until(job.output)
    job.runs.settle(record)
    assert record["JobRunState"] == "RUNNING"


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("polars==0.0.1", "polars==0.0.1 is wanted, but .* is installed"),
        ("nonsuch==1", "nonsuch==1 is not installed"),
        ("polars, nonsuch", "nonsuch is not installed"),
    ],
)
def test_module_that_glue_would_install_must_be_there(requirement: str, message: str) -> None:
    with pytest.raises(JobRunError, match=message):
        check_modules(requirement)


def test_missing_module_fails_the_run(new_job: Callable[..., Job]) -> None:
    record = new_job("").run(**{"additional-python-modules": "nonsuch==1"})
    assert "run `make setup setup-spark`" in record["ErrorMessage"]


def test_run_without_pyspark_says_how_to_install_it(
    new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_process, "find_spec", lambda name: None)
    record = new_job("").run()
    assert (record["JobRunState"], record["ErrorMessage"]) == (
        "FAILED",
        "PySpark is not installed: run `make setup-spark`",
    )


def major_version(home: Path) -> int:
    java = home / "bin" / "java"
    # Spark's own way to start it: with a module that this Java lacks.
    command = [str(java), "--add-modules=jdk.incubator.vector", "-version"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return int(shown.split('"')[1].split(".")[0])


def test_old_java_gives_way_to_the_one_from_pypi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "old" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    home = java_home(tmp_path)
    assert home is not None
    assert major_version(home) >= OLDEST_JAVA


def test_without_java_the_one_from_pypi_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    home = java_home(tmp_path)
    assert home is not None
    assert major_version(home) >= OLDEST_JAVA


def test_driver_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STUBBORN)
    with subprocess.Popen(
        [sys.executable, str(DRIVER), str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdin is not None
        child = int(driver.stdout.readline())
        driver.stdin.close()
        assert driver.wait(10) == -signal.SIGKILL
    wait_until(lambda: not is_alive(child))
    assert child != os.getpid()
