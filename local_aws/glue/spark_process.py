"""Starts the Spark driver of a job run, and ends it with all that it has started."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from local_aws.child_process import host_environment
from local_aws.glue.errors import JobRunError
from local_aws.glue.java import java_home

_DRIVER = Path(__file__).with_name("driver.py")
DRIVER_MEMORY = "1g"
"""The heap of the one Java machine that stands for a job's workers: it runs on a laptop."""
_LOOPBACK = "127.0.0.1"
# Settings of another Spark that a user's shell may hold.
_OTHER_SPARKS = ("SPARK_", "PYSPARK_", "HADOOP_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")


@dataclass(frozen=True, kw_only=True)
class SparkDriver:
    """What a driver is started with."""

    script: Path
    arguments: Sequence[str]
    python_files: Sequence[Path]
    """Archives from which the script and its workers import."""
    directory: Path
    """Working directory, which also takes every temporary file."""
    environment: Mapping[str, str]
    """How AWS is called."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own; closing its `stdin` ends it.

        Raises:
            JobRunError: PySpark or Java is not installed.
        """
        if find_spec("pyspark") is None:
            raise JobRunError("PySpark is not installed: run `make setup-spark`")
        temporary = self.directory / "tmp"
        temporary.mkdir()
        inherited = {
            name: value
            for name, value in host_environment().items()
            if not name.startswith(_OTHER_SPARKS)
        }
        java = java_home(self.directory)
        return subprocess.Popen(
            [sys.executable, "-P", str(_DRIVER), str(self.script), *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.directory,
            env={
                **inherited,
                **self.environment,
                **({"JAVA_HOME": str(java)} if java else {}),
                "PYTHONPATH": os.pathsep.join(map(str, self.python_files)),
                "PYTHONUNBUFFERED": "1",
                "PYSPARK_PYTHON": sys.executable,
                "PYSPARK_SUBMIT_ARGS": shlex.join(_submit_arguments(self.directory, temporary)),
                "SPARK_LAUNCHER_OPTS": "-XX:-UsePerfData",
                "SPARK_LOCAL_DIRS": str(temporary),
                "SPARK_LOCAL_IP": _LOOPBACK,
                "TMPDIR": str(temporary),
            },
            start_new_session=True,
        )


def _submit_arguments(directory: Path, temporary: Path) -> list[str]:
    settings = {
        "spark.driver.bindAddress": _LOOPBACK,
        "spark.driver.host": _LOOPBACK,
        "spark.sql.warehouse.dir": str(directory / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    # The first compiler only: what is prepared here is small, and the second one would take as
    # long over Spark's own code as the rest of the run. UsePerfData writes to /tmp whatever
    # TMPDIR says.
    java = f"-XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir='{temporary}'"
    return [
        *("--master", "local[*]", "--driver-memory", DRIVER_MEMORY, "--driver-java-options", java),
        *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
        "pyspark-shell",
    ]


def end_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a driver and all that it has started; nothing left to signal is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def check_modules(requirements: str) -> None:
    """Glue installs `--additional-python-modules`; here they must be installed already.

    Raises:
        JobRunError: a module is not, or in another version; names each.
    """
    problems = []
    for requirement in filter(None, map(str.strip, requirements.split(","))):
        name, _, wanted = requirement.partition("==")
        try:
            installed = version(name)
        except PackageNotFoundError:
            problems.append(f"{requirement} is not installed")
            continue
        if wanted and installed != wanted:
            problems.append(f"{requirement} is wanted, but {installed} is installed")
    if problems:
        raise JobRunError(
            f"--additional-python-modules: {'; '.join(problems)}. The embedded AWS runs jobs on"
            " the packages of its own environment: run `make setup setup-spark`"
        )
