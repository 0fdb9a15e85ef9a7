"""The embedded AWS on a disk of 60 MB that gets full; only root may mount one."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.stand_in import create_role
from tests.end_to_end.test_local_aws_cli import ROOT, Shell, wait_until_gone

FORMER, NEW = b"former" * 100_000, b"new" * 30_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(tmp_path)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no disk may be mounted here")
    yield tmp_path
    # Lazily: what was killed may still hold a file.
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_loses_nothing_that_was_said_to_be_stored(disk: Path) -> None:
    shell = Shell(disk / "state")
    up = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "up", "--port", "0", "--state", str(shell.state)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert up.stderr is not None
    assert up.stderr.readline().startswith("the embedded AWS is up")
    while not (shell.state / "instance.json").exists():
        assert up.poll() is None
    s3 = shell.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="key", Body=FORMER)
    with pytest.raises(ClientError, match="InternalError"):
        s3.put_object(Bucket="data", Key="key", Body=NEW)
    assert s3.get_object(Bucket="data", Key="key")["Body"].read() == FORMER
    fill(disk)
    create_role(shell.client("iam"), "sagemaker.amazonaws.com")
    os.kill(up.pid, signal.SIGTERM)
    said = up.communicate(timeout=30)[1]
    assert up.returncode == 1
    assert said.splitlines()[-1].startswith("local_aws: The state could not be saved at the end")
    assert "Traceback" not in said
    (disk / "filler").unlink()
    shell.up()
    pid = shell.instance["pid"]
    again = shell.client("s3").get_object(Bucket="data", Key="key")["Body"].read()
    shell("down")
    assert wait_until_gone(pid)
    assert again == FORMER
