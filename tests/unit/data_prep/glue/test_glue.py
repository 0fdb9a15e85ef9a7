"""`prepare --on glue` against fakes of Glue, CloudWatch Logs and S3."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from data_prep.__main__ import main
from data_prep.errors import DataPrepError
from data_prep.glue.prepare import find_job
from data_prep.glue.run import DeployedJob, JobRun, Outcome, follow, start_or_join
from data_prep.reading.labels import LabelMap
from data_prep.reading.layout import Layout
from data_prep.request import Request
from data_prep.transform.split import Choice
from data_prep.upload import DeployedTier
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.s3_address import S3Address

JOB = DeployedJob(name="Sandbox-Job", log_group="/aws-glue/jobs/output", bucket="data")
SOURCE = S3Address("data", "raw/reviews.csv")
REQUEST = Request(
    layout=Layout(text=("text",), label="stars", labels=LabelMap({"1": "bad", "5": "good"})),
    command="python -m data_prep prepare",
)
KEYS = {
    "train_key": "datasets/0/train.txt",
    "validation_key": "datasets/0/validation.txt",
    "test_key": "datasets/0/test.txt",
    "manifest_key": "datasets/0/dataset.json",
}
OUTCOME = Outcome(
    keys=DatasetKeys(
        train=KEYS["train_key"], validation=KEYS["validation_key"], test=KEYS["test_key"]
    ),
    manifest_key=KEYS["manifest_key"],
)


def client_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class FakeGlue:
    """Runs that go through the given states, one each time they are looked at."""

    def __init__(self, *states: str | type[BaseException], message: str = "") -> None:
        self.states, self.message = list(states), message
        self.runs: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.full = False

    def start_job_run(self, *, JobName: str, Arguments: Mapping[str, str]) -> dict[str, Any]:  # noqa: N803
        assert JobName == JOB.name
        if self.full:
            raise client_error("ConcurrentRunsExceededException")
        run = {"Id": f"jr_{len(self.runs)}", "JobRunState": "SUCCEEDED"}
        self.runs.append({**run, "Arguments": dict(Arguments)})
        return {"JobRunId": self.runs[-1]["Id"]}

    def get_job_run(self, *, JobName: str, RunId: str) -> dict[str, Any]:  # noqa: N803
        assert JobName == JOB.name
        state = self.states.pop(0)
        if not isinstance(state, str):
            raise state
        return {"JobRun": {"Id": RunId, "JobRunState": state, "ErrorMessage": self.message}}

    def get_job_runs(self, *, JobName: str) -> dict[str, Any]:  # noqa: N803
        assert JobName == JOB.name
        return {"JobRuns": self.runs}

    def batch_stop_job_run(self, *, JobName: str, JobRunIds: Sequence[str]) -> dict[str, Any]:  # noqa: N803
        assert JobName == JOB.name
        self.stopped += JobRunIds
        return {}


class FakeLogs:
    """One stream, of which each call sees two more lines."""

    def __init__(self, stream: str = "jr_0", lines: Sequence[str] = ()) -> None:
        self.stream, self.lines = stream, lines

    def describe_log_streams(
        self,
        *,
        logGroupName: str,  # noqa: N803
        logStreamNamePrefix: str,  # noqa: N803
    ) -> dict[str, Any]:
        assert logGroupName == JOB.log_group
        names = [f"{logStreamNamePrefix}_executor", self.stream]
        return {"logStreams": [{"logStreamName": name} for name in names]}

    def get_log_events(self, **names: Any) -> dict[str, Any]:
        assert names["logStreamName"] == self.stream
        start = int(names.get("nextToken", 0))
        events = [{"message": line} for line in self.lines[start : start + 2]]
        return {"events": events, "nextForwardToken": str(start + len(events))}


class NoLogs(FakeLogs):
    """A group that is not there yet."""

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        raise client_error("ResourceNotFoundException")


class FakeS3:
    """Objects by bucket and key."""

    def __init__(self, **objects: object) -> None:
        self.objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "data"
        if Key not in self.objects:
            raise client_error("NoSuchKey")
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}


class Shown:
    """What a person would see."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.lines: list[str] = []

    def state(self, state: str) -> None:
        self.states.append(state)

    def say(self, line: str) -> None:
        self.lines.append(line)


class FakeCloudFormation:
    """Stacks and their outputs."""

    def __init__(self, **stacks: dict[str, str]) -> None:
        self.stacks = {name.replace("_", "-"): outputs for name, outputs in stacks.items()}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            raise client_error("ValidationError", f"Stack with id {StackName} does not exist")
        outputs = self.stacks[StackName].items()
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs]}]}


def run(is_new: bool = True) -> JobRun:
    return JobRun(run_id="jr_0", result=S3Address("data", "result"), is_new=is_new)


def followed(
    glue: FakeGlue, *, logs: FakeLogs | None = None, result: object | None = KEYS
) -> tuple[Callable[[], Outcome], Shown]:
    shown = Shown()
    s3 = FakeS3(**({"result": result} if result else {}))

    def outcome() -> Outcome:
        return follow(
            run(), JOB, glue=glue, logs=logs or FakeLogs(), s3=s3, activity=shown, poll_s=0
        )

    return outcome, shown


# --- starting, or joining ---------------------------------------------------------------


def test_run_gets_source_request_and_a_place_for_its_outcome() -> None:
    glue = FakeGlue()
    started = start_or_join(glue, JOB, source=SOURCE, request=REQUEST)
    arguments = glue.runs[0]["Arguments"]
    assert arguments["--source"] == "s3://data/raw/reviews.csv"
    assert Request.from_json(arguments["--request"]) == REQUEST
    assert arguments["--result"] == str(started.result)
    assert started.result.key.startswith("preparations/")


def test_outcomes_of_two_runs_are_apart() -> None:
    glue = FakeGlue()
    first, second = (start_or_join(glue, JOB, source=SOURCE, request=REQUEST) for _ in range(2))
    assert first.result != second.result


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "WAITING"])
def test_run_that_does_the_same_is_joined(state: str) -> None:
    glue = FakeGlue()
    started = start_or_join(glue, JOB, source=SOURCE, request=REQUEST)
    glue.runs[0]["JobRunState"] = state
    joined = start_or_join(glue, JOB, source=SOURCE, request=REQUEST)
    assert (joined.run_id, joined.result, joined.is_new) == (started.run_id, started.result, False)


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "STOPPING", "STOPPED", "TIMEOUT"])
def test_run_that_is_over_is_not(state: str) -> None:
    glue = FakeGlue()
    start_or_join(glue, JOB, source=SOURCE, request=REQUEST)
    glue.runs[0]["JobRunState"] = state
    assert start_or_join(glue, JOB, source=SOURCE, request=REQUEST).is_new


@pytest.mark.parametrize(
    ("source", "request_"),
    [
        (S3Address("data", "raw/others.csv"), REQUEST),
        (
            SOURCE,
            Request(layout=REQUEST.layout, command=REQUEST.command, choice=Choice(balance=True)),
        ),
    ],
)
def test_run_that_does_something_else_is_not_joined(source: S3Address, request_: Request) -> None:
    glue = FakeGlue()
    start_or_join(glue, JOB, source=SOURCE, request=REQUEST)
    glue.runs[0]["JobRunState"] = "RUNNING"
    assert start_or_join(glue, JOB, source=source, request=request_).is_new


def test_too_many_runs_at_once_is_said_with_a_remedy() -> None:
    glue = FakeGlue()
    glue.full = True
    with pytest.raises(DataPrepError, match=r"as it may have at once\. Wait"):
        start_or_join(glue, JOB, source=SOURCE, request=REQUEST)


# --- following --------------------------------------------------------------------------


def test_success_tells_the_keys() -> None:
    outcome, shown = followed(FakeGlue("STARTING", "RUNNING", "SUCCEEDED"))
    assert outcome() == OUTCOME
    assert shown.states == ["STARTING", "RUNNING", "SUCCEEDED"]


def test_job_without_a_validation_file_tells_two_keys() -> None:
    keys = {name: key for name, key in KEYS.items() if name != "validation_key"}
    outcome, _ = followed(FakeGlue("SUCCEEDED"), result=keys)
    assert outcome().keys == replace(OUTCOME.keys, validation="")


def test_every_line_is_shown_once() -> None:
    lines = ["one", "two", "three", "four", "five"]
    outcome, shown = followed(
        FakeGlue("RUNNING", "RUNNING", "SUCCEEDED"), logs=FakeLogs(lines=lines)
    )
    outcome()
    assert shown.lines == lines


def test_log_stream_of_the_driver_is_found_under_its_longer_name() -> None:
    logs = FakeLogs("jr_0-driver", ["one"])
    outcome, shown = followed(FakeGlue("SUCCEEDED"), logs=logs)
    outcome()
    assert shown.lines == ["one"]


def test_log_that_is_not_there_does_no_harm() -> None:
    outcome, shown = followed(FakeGlue("SUCCEEDED"), logs=NoLogs())
    assert (outcome(), shown.lines) == (OUTCOME, [])


def test_jobs_own_message_is_the_reason_of_a_failure() -> None:
    glue = FakeGlue("FAILED", message="SystemExit: 1")
    outcome, _ = followed(glue, result={"error": "9 of 10 rows cannot be used"})
    with pytest.raises(DataPrepError, match="jr_0 of Sandbox-Job failed: 9 of 10 rows"):
        outcome()


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"])
def test_without_one_it_is_glues(state: str) -> None:
    outcome, _ = followed(FakeGlue(state, message="Glue says no"), result=None)
    with pytest.raises(DataPrepError, match=f"{state.lower()}: Glue says no"):
        outcome()


def test_failure_without_any_message_is_still_one() -> None:
    outcome, _ = followed(FakeGlue("STOPPED"), result=None)
    with pytest.raises(DataPrepError, match="stopped: it says no more"):
        outcome()


def test_interrupt_stops_the_run_and_says_so() -> None:
    glue = FakeGlue("RUNNING", KeyboardInterrupt)
    outcome, shown = followed(glue)
    with pytest.raises(KeyboardInterrupt):
        outcome()
    assert (glue.stopped, shown.lines) == (["jr_0"], ["stopped run jr_0 of Sandbox-Job"])


def test_error_of_aws_does_not_stop_the_run() -> None:
    glue = FakeGlue("RUNNING", client_error("ThrottlingException"))
    outcome, _ = followed(glue)
    with pytest.raises(ClientError):
        outcome()
    assert glue.stopped == []


# --- finding the job --------------------------------------------------------------------

OUTPUTS = {"DataPreparationJobName": "job", "DataPreparationLogGroup": "/group"}


def test_job_is_found_by_the_stacks_outputs() -> None:
    cloudformation = FakeCloudFormation(Sandbox_DataPreparation=OUTPUTS)
    assert find_job(cloudformation, DeployedTier("Sandbox", "data")) == DeployedJob(
        name="job", log_group="/group", bucket="data"
    )


def test_missing_stack_is_named_with_the_remedy() -> None:
    alice = DeployedTier("Alice", "data", settings="Sandbox")
    remedy = "npx cdk deploy Alice-DataPreparation -c tier=Alice -c settings=Sandbox"
    with pytest.raises(DataPrepError, match=remedy):
        find_job(FakeCloudFormation(), alice)


def test_stack_without_the_outputs_is_named() -> None:
    cloudformation = FakeCloudFormation(Sandbox_DataPreparation={})
    with pytest.raises(DataPrepError, match="has no output DataPreparationJobName"):
        find_job(cloudformation, DeployedTier("Sandbox", "data"))


# --- the command line -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s3://data/raw/"], "Add --on glue"),
        (["reviews.csv", "--on", "glue"], "Copy it into the tier's data bucket"),
        (["s3:///raw/", "--on", "glue"], "is no S3 address"),
        (["reviews.csv", "--tier", "Sandbox"], "says whose Glue job it is. Add --on glue"),
        (["s3://data/raw/", "--on", "glue", "--map", "nonsense"], "--map"),
    ],
)
def test_contradiction_is_refused_before_aws_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    layout = ["--text", "text", "--label", "stars", "--out", str(tmp_path / "out")]
    assert main(["prepare", *arguments, *layout]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []
