"""The embedded AWS on a disk of 60 MB that gets full; only root may mount one."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import zipfile
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


def code_of_a_function() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("module.py", "def handler(event, context): pass")
    return packed.getvalue()


def test_a_full_disk_loses_nothing_that_was_said_to_be_stored(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
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
    role = create_role(shell.client("iam"), "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="ServiceException"):
        shell.client("lambda").create_function(
            FunctionName="function",
            Code={"ZipFile": code_of_a_function()},
            Role=role,
            Runtime="python3.13",
            Handler="module.handler",
        )
    os.kill(up.pid, signal.SIGTERM)
    said = up.communicate(timeout=30)[1]
    assert up.returncode == 1
    assert said.splitlines()[-1].startswith("local_aws: The state could not be saved at the end")
    assert "Traceback" not in said
    (disk / "filler").unlink()
    shell.up()
    pid = shell.instance["pid"]
    functions = shell.client("lambda").list_functions()["Functions"]
    again = shell.client("s3").get_object(Bucket="data", Key="key")["Body"].read()
    shell("down")
    assert wait_until_gone(pid)
    assert again == FORMER
    assert functions == []
