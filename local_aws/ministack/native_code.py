"""Whether a function's package can run on this machine.

AWS runs a function on the processor and the Python that it names; here it runs on this machine's.
Only native code ties a package to either, and it says so in the names of its files
(`_pydantic_core.cpython-313-aarch64-linux-gnu.so`), so that what is pure Python or Node passes,
whatever runtime it names: CDK's own functions do.
"""

import io
import os
import platform
import re
import shlex
import sys
import sysconfig
import zipfile

from local_aws.environment import OWNER_VARIABLE

_NATIVE = re.compile(r"\.cpython-(?P<version>\d+)\w*-(?P<platform>[\w-]+)\.so$")


def foreign_code(package: bytes) -> str | None:
    """Why a package cannot run on this machine, and what to do about it; None when it can.

    Args:
        package: a zip archive.
    """
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return None
    for name in names:
        native = _NATIVE.search(name)
        if native is not None and not name.endswith(suffix):
            version = re.sub(r"^(\d)", r"\1.", native["version"])
            return (
                f"This function was built for Python {version} on {native['platform']} ({name}),"
                f" and this machine runs functions with Python {sys.version_info.major}."
                f"{sys.version_info.minor} on {platform.machine()} {sys.platform}: every call"
                f' would fail. Run `eval "$(python -m local_aws env{_state()})"`, which sets the'
                " target that functions are built for, and deploy again."
            )
    return None


def _state() -> str:
    """The option that names the state directory of this embedded AWS."""
    state = os.environ.get(OWNER_VARIABLE)
    return f" --state {shlex.quote(state)}" if state else ""
