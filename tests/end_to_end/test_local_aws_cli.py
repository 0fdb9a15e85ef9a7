"""The command line of the embedded AWS, with bad input and after accidents."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws.environment import client_environment
from local_aws.leftovers import owned_processes
from tests.end_to_end.stand_in import create_role
from tests.unit.local_aws.sagemaker.test_control_plane import job_request

ROOT = Path(__file__).parents[2]
TRAINING = b"__label__good a fine film\n__label__bad a dull film\n" * 200


class Shell:
    """`python -m local_aws COMMAND --state DIR`, as a person types it."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def __call__(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local_aws", command, "--state", str(self.state), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def up(self, port: int = 0) -> None:
        result = self("up", "--detach", "--port", str(port))
        assert result.returncode == 0, result.stderr

    @property
    def instance(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.state / "instance.json").read_text())
        return content

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.instance['port']}",
            region_name="us-east-1",
            aws_access_key_id="000000000000",
            aws_secret_access_key=client_environment("")["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path / "state")
    yield shell
    shell("down")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One that runs, for the tests that leave it as it is."""
    shell = Shell(tmp_path_factory.mktemp("running"))
    shell.up()
    yield shell
    shell("down")


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """The one line with which a command refuses what was asked."""
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    return line


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def deploy(shell: Shell) -> None:
    """Train with the real BlazingText programs, and serve what comes out."""
    s3, sagemaker = shell.client("s3"), shell.client("sagemaker")
    role = create_role(shell.client("iam"), "sagemaker.amazonaws.com")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="train.txt", Body=TRAINING)
    small = {"mode": "supervised", "buckets": "1000", "vector_dim": "5", "min_count": "1"}
    sagemaker.create_training_job(**job_request("real", HyperParameters=small))
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="real", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    job = sagemaker.describe_training_job(TrainingJobName="real")
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    sagemaker.create_model(
        ModelName="real",
        PrimaryContainer={"Image": "blazingtext:1", "ModelDataUrl": artifact},
        ExecutionRoleArn=role,
    )
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "All", "ModelName": "real", "ServerlessConfig": serverless}
    sagemaker.create_endpoint_config(EndpointConfigName="real", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="real", EndpointConfigName="real")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName="real", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def label_of(shell: Shell, text: str) -> str:
    answer = shell.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="real",
        ContentType="application/json",
        Body=json.dumps({"instances": [text]}),
    )
    return str(json.load(answer["Body"])[0]["label"][0])


def test_state_and_endpoints_come_back_after_down_and_up(shell: Shell) -> None:
    shell.up()
    deploy(shell)
    assert label_of(shell, "a dull film") == "__label__bad"
    assert shell("down").returncode == 0
    assert owned_processes(shell.state) == []
    shell.up()
    assert label_of(shell, "a dull film") == "__label__bad"
    shown = shell("status").stdout
    assert "training job real: Completed" in shown
    assert "endpoint real: InService" in shown


def test_a_killed_server_leaves_no_serving_process_and_the_next_up_says_so(shell: Shell) -> None:
    shell.up()
    deploy(shell)
    pid = shell.instance["pid"]
    (serving,) = owned_processes(shell.state)
    os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(serving)
    result = shell("up", "--detach", "--port", "0")
    assert result.returncode == 0
    assert f"cleaned up after process {pid}, which had been killed" in result.stderr
    assert shell.instance["pid"] != pid


def test_down_after_a_kill_ends_a_leftover_that_is_ours(shell: Shell) -> None:
    shell.up()
    os.kill(shell.instance["pid"], signal.SIGKILL)
    with subprocess.Popen(
        ["sleep", "60"], env=os.environ | {"LOCAL_AWS_STATE": str(shell.state)}
    ) as leftover:
        assert "cleaned up after process" in shell("down").stdout
        assert leftover.wait(5) == -signal.SIGTERM


def test_a_second_up_names_the_first(running: Shell) -> None:
    line = refusal(running("up"))
    assert f"already running at http://127.0.0.1:{running.instance['port']}" in line
    assert f"process {running.instance['pid']}" in line


def test_of_two_at_once_one_is_up_and_the_other_names_the_directory(shell: Shell) -> None:
    command = [sys.executable, "-m", "local_aws", "up", "--detach", "--port", "0"]
    both = [
        subprocess.Popen(
            [*command, "--state", str(shell.state)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=60)[1] for one in both]
    assert sorted(one.returncode for one in both) == [0, 2]
    assert f"The embedded AWS of {shell.state} is already running" in "".join(said)
    assert shell("status").returncode == 0


def test_ctrl_c_before_it_is_up_in_the_background_leaves_nothing(shell: Shell) -> None:
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "local_aws", "up", "--detach"),
            *("--port", "0", "--state", str(shell.state)),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        while not (shell.state / "events.log").exists():
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        assert command.wait(20) == 130
        assert command.stderr is not None
        assert command.stderr.read() == "Interrupted.\n"
    assert owned_processes(shell.state) == []
    assert "is not running" in shell("down").stdout


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_port_taken_by_another_program_is_named(shell: Shell, detach: list[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refusal(shell("up", "--port", str(port), *detach))
    assert f"Port {port} on 127.0.0.1 cannot be used (address already in use)" in line


def test_a_port_taken_by_ours_names_its_state_directory(running: Shell, tmp_path: Path) -> None:
    line = refusal(Shell(tmp_path / "other")("up", "--port", str(running.instance["port"])))
    assert f"it is the port of the embedded AWS of {running.state}" in line
    assert f"`python -m local_aws down --state {running.state}` stops" in line


def test_a_state_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    line = refusal(Shell(tmp_path / "file" / "state")("up"))
    assert f"The state directory {tmp_path / 'file' / 'state'} cannot be written" in line


def test_a_port_out_of_range_is_refused(shell: Shell) -> None:
    result = shell("up", "--port", "70000")
    assert result.returncode == 2
    assert "'70000' is no port: use a number from 0 to 65535" in result.stderr


def test_url_of_an_unknown_stack_lists_the_stacks(running: Shell) -> None:
    assert refusal(running("url", "Nothing")) == (
        "local_aws: There is no stack 'Nothing'; there are none yet."
    )


def test_what_needs_a_running_one_says_how_to_start_it(shell: Shell) -> None:
    for command in (("env",), ("url", "Stack")):
        start = f"`python -m local_aws up --detach --state {shell.state}`"
        assert f"start it with {start}" in refusal(shell(*command))


def test_down_without_a_running_one_succeeds(shell: Shell) -> None:
    result = shell("down")
    assert (result.returncode, "is not running" in result.stdout) == (0, True)


def test_status_without_a_running_one_is_1(shell: Shell) -> None:
    assert shell("status").returncode == 1


def test_a_running_one_cannot_be_reset(running: Shell) -> None:
    assert "already running" in refusal(running("reset"))


def test_reset_forgets_our_state_and_nothing_else(shell: Shell) -> None:
    shell.up()
    shell.client("s3").create_bucket(Bucket="data")
    shell("down")
    (shell.state / "mine.txt").write_text("keep")
    assert shell("reset").returncode == 0
    shell.up()
    assert shell.client("s3").list_buckets()["Buckets"] == []
    assert (shell.state / "mine.txt").read_text() == "keep"


def test_env_points_a_child_at_it(running: Shell) -> None:
    lines = running("env").stdout.splitlines()
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{running.instance['port']}" in lines


def test_a_users_profile_does_not_get_in_the_way(
    running: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-another-account")
    assert running("status").returncode == 0
    assert running("env").stdout.splitlines()[0].startswith("unset AWS_PROFILE")


def test_ctrl_c_ends_a_foreground_server(shell: Shell) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "up", "--port", "0", "--state", str(shell.state)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        assert "Ctrl-C stops it" in server.stderr.readline()
        server.send_signal(signal.SIGINT)
        assert server.wait(6) == 0
        assert server.stderr.read().splitlines()[-1] == "the embedded AWS is down"


def test_help_teaches_with_examples(shell: Shell) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "local_aws", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command in ("up", "down", "status", "url", "env", "reset"):
        assert f"python -m local_aws {command}" in shown


def stuck_stack() -> str:
    """A template whose custom resource waits for a function that sleeps."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    function = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Timeout": 300,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "import time\ndef handler(event, context):\n    time.sleep(120)\n"},
    }
    waiting = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": 600}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Waiting": {"Type": "Custom::Waiting", "Properties": waiting},
    }
    return json.dumps({"Resources": resources})


def test_down_ends_one_that_waits_for_a_custom_resource(shell: Shell) -> None:
    shell.up()
    pid = shell.instance["pid"]
    shell.client("cloudformation").create_stack(
        StackName="Stuck", TemplateBody=stuck_stack(), Capabilities=["CAPABILITY_IAM"]
    )
    deadline = time.monotonic() + 10
    while not owned_processes(shell.state) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert shell("down").returncode == 0
    assert owned_processes(shell.state) == []
    assert not Path(f"/proc/{pid}").exists()
