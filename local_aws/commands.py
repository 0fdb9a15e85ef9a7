"""What each command of `python -m local_aws` does."""

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time

from local_aws.advice import command
from local_aws.api_url import boto3_client, stack_api_url
from local_aws.environment import CONFLICTING_VARIABLES, client_environment
from local_aws.errors import UsageError
from local_aws.foreground import UP, serve_until_signal
from local_aws.instance import Instance, StateDirectory
from local_aws.leftovers import end_leftovers

_DETACH_TIMEOUT_S = 300.0
# More than `foreground.py` gives itself.
_STOP_TIMEOUT_S = 18.0
_KILL_TIMEOUT_S = 5.0
_VANISH_TIMEOUT_S = 2.0
_POLL_S = 0.1

_NOT_RUNNING = 1


def up(options: argparse.Namespace, directory: StateDirectory) -> int:
    """Start it; in the foreground this returns when it has been stopped."""
    if options.lock is not None:
        directory.inherit(options.lock)
    else:
        _acquire(directory)
    try:
        if options.detach:
            return _up_detached(options, directory)
        return serve_until_signal(
            directory, options.port, dict(options.quota), or_any_port=options.or_any_port
        )
    finally:
        directory.release()


def _up_detached(options: argparse.Namespace, directory: StateDirectory) -> int:
    lock = directory.lock_descriptor
    command = [sys.executable, "-m", "local_aws", "up", "--port", str(options.port)]
    command += [f"--quota={name}={value}" for name, value in options.quota]
    command += ["--or-any-port"] if options.or_any_port else []
    # Ctrl-C while the child is being made would leave it behind, unknown.
    interrupted = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    with directory.events_file.open("wb") as events:
        child = subprocess.Popen(
            [*command, "--state", str(directory.path), f"--lock={lock}"],
            stdin=subprocess.DEVNULL,
            stdout=events,
            stderr=events,
            start_new_session=True,
            pass_fds=[lock],
        )
    if _is_up(child, directory, interrupted):
        directory.hand_over()
        _show_what_was_put_right(directory)
        running = _require_running(directory)
        print(f"{UP} {running.url} (details: {running.log_file})")
        return 0
    _end(child)
    if interrupted.is_set():
        raise KeyboardInterrupt
    said = directory.events_file.read_text(encoding="utf-8", errors="replace").strip()
    raise UsageError(said.removeprefix("local_aws: ") or "it did not start")


def _is_up(
    child: subprocess.Popen[bytes], directory: StateDirectory, interrupted: threading.Event
) -> bool:
    """Wait until it is up, and for no longer than it lives and nobody interrupts."""
    deadline = time.monotonic() + _DETACH_TIMEOUT_S
    while time.monotonic() < deadline and child.poll() is None and not interrupted.is_set():
        running = directory.running()
        if running is not None and running.pid == child.pid:
            return True
        time.sleep(_POLL_S)
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _show_what_was_put_right(directory: StateDirectory) -> None:
    """What it said before it was up belongs to this terminal; the rest is in its file."""
    for line in directory.events_file.read_text(encoding="utf-8").splitlines():
        if line.startswith(UP):
            return
        print(line, file=sys.stderr)


def _acquire(directory: StateDirectory) -> None:
    killed = directory.acquire()
    if killed is not None:
        print(f"cleaned up after process {killed}, which had been killed", file=sys.stderr)


def down(_options: argparse.Namespace, directory: StateDirectory) -> int:
    """Stop it, and clean up after one that was killed."""
    running = directory.running()
    if running is None:
        if directory.is_locked():
            raise UsageError(
                f"The embedded AWS of {directory.path} is starting or stopping: try again"
                " in a few seconds."
            )
        killed = directory.clean_up_if_stale()
        suffix = f"; cleaned up after process {killed}, which had been killed" if killed else ""
        print(f"the embedded AWS of {directory.path} is not running{suffix}")
        return 0
    os.kill(running.pid, signal.SIGTERM)
    if not directory.wait_until_free(_STOP_TIMEOUT_S):
        os.kill(running.pid, signal.SIGKILL)
        directory.wait_until_free(_KILL_TIMEOUT_S)
    _wait_until_gone(running.pid)
    end_leftovers(directory.path)
    directory.clean_up_if_stale()
    print("the embedded AWS is down")
    return 0


def _wait_until_gone(pid: int) -> None:
    """Wait a moment for a process that has given up its lock to vanish altogether."""
    deadline = time.monotonic() + _VANISH_TIMEOUT_S
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(_POLL_S)


def status(_options: argparse.Namespace, directory: StateDirectory) -> int:
    """Say whether it runs, and what it holds; exit status 1 when it does not."""
    running = directory.running()
    if running is None:
        print(f"the embedded AWS of {directory.path} is not running")
        return _NOT_RUNNING
    print(f"the embedded AWS is up at {running.url}, process {running.pid}")
    print(f"  details: {running.log_file}")
    for stack in boto3_client(running.url, "cloudformation").describe_stacks()["Stacks"]:
        print(f"  stack {stack['StackName']}: {stack['StackStatus']}")
    sagemaker = boto3_client(running.url, "sagemaker")
    for job in sagemaker.list_training_jobs(MaxResults=100)["TrainingJobSummaries"]:
        print(f"  training job {job['TrainingJobName']}: {job['TrainingJobStatus']}")
    tuning_jobs = sagemaker.list_hyper_parameter_tuning_jobs(MaxResults=100)
    for job in tuning_jobs["HyperParameterTuningJobSummaries"]:
        name, state = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
        print(f"  tuning job {name}: {state}")
    for endpoint in sagemaker.list_endpoints(MaxResults=100)["Endpoints"]:
        print(f"  endpoint {endpoint['EndpointName']}: {endpoint['EndpointStatus']}")
    return 0


def url(options: argparse.Namespace, directory: StateDirectory) -> int:
    """Print the loopback URL of a stack's REST API."""
    running = _require_running(directory)
    print(stack_api_url(running.url, options.stack))
    return 0


def env(_options: argparse.Namespace, directory: StateDirectory) -> int:
    """Print export lines for a shell."""
    running = _require_running(directory)
    print(f"unset {' '.join(CONFLICTING_VARIABLES)}")
    for name, value in client_environment(running.url).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def demo(options: argparse.Namespace, _directory: StateDirectory) -> int:
    """Deploy, train, serve and call the whole product, on an embedded AWS of its own."""
    # Imported here: it needs the CDK, which takes a second to load.
    from local_aws.demo import run_demo  # noqa: PLC0415

    return run_demo(port=options.port, hold=not options.no_hold)


def reset(_options: argparse.Namespace, directory: StateDirectory) -> int:
    """Remove all state."""
    # Not made only to be emptied.
    if not directory.is_unused():
        directory.acquire()
        directory.erase()
        directory.release()
    print(f"the embedded AWS of {directory.path} has forgotten everything")
    return 0


def _require_running(directory: StateDirectory) -> Instance:
    running = directory.running()
    if running is None:
        raise UsageError(
            f"The embedded AWS of {directory.path} is not running: start it with"
            f" `{command('up', directory.path, '--detach')}`."
        )
    return running
