"""Child programs that cannot outlive this process.

A child holds the read end of a pipe as its standard input and ends when that
reaches end of file. We hold the write end, so even a SIGKILL to us ends it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_REPOSITORY = Path(__file__).resolve().parent.parent

# What a container does not get from its host: who calls AWS, and how.
_HOST_ONLY = ("AWS_", "PYTHONPATH", "PYTHONWARNINGS", "NODE_PATH")


def host_environment() -> dict[str, str]:
    """Our environment, without what a container does not get from its host."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_HOST_ONLY)}


def start_program(
    arguments: Sequence[str],
    *,
    ml_root: Path,
    environment: Mapping[str, str] | None = None,
    stdout: IO[bytes] | int,
) -> subprocess.Popen[bytes]:
    """Start a Python module or program that stands for a container.

    Args:
        arguments: the command; `["-m", "package.module"]` runs in this interpreter.
        ml_root: the directory that stands for /opt/ml.
        environment: what the request adds to the environment.
        stdout: where standard output and standard error go.

    Returns:
        The process; closing its `stdin` asks it to end.
    """
    given = {
        "SM_ML_ROOT": str(ml_root),
        "PYTHONPATH": str(_REPOSITORY),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, *arguments] if arguments[0].startswith("-") else list(arguments)
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        env={**host_environment(), **(environment or {}), **given},
        cwd=ml_root,
        # Ctrl-C in the terminal reaches only us; we end our children in order.
        start_new_session=True,
    )


def end_program(process: subprocess.Popen[bytes], *, grace_s: float) -> int:
    """Send SIGTERM, wait, then SIGKILL; returns the exit status.

    Args:
        process: what to end; one that has ended already is no error.
        grace_s: how long it may take over its SIGTERM, in seconds.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    return process.wait()
