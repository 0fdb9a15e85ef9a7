"""What the functions run on. It needs no CDK, which takes a second to load."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from constructs import Node

_SOURCES = {
    "python": ("lambdaPython", "LAMBDA_PYTHON"),
    "architecture": ("lambdaArchitecture", "LAMBDA_ARCHITECTURE"),
    "platform": ("lambdaPlatform", "LAMBDA_PLATFORM"),
}
"""For each field: its context key, and its environment variable."""

_PYTHON = re.compile(r"3\.(1[1-9]|[2-9]\d)")
_ARCHITECTURES = ("arm64", "x86_64")


class LambdaTargetError(ValueError):
    """There is no such target. The message names every wrong value, and what may be said."""


@dataclass(frozen=True, kw_only=True)
class LambdaTarget:
    """What the functions run on: by default, what costs least on AWS.

    Raises:
        LambdaTargetError: a value is none that Lambda can have.
    """

    python: str = "3.13"
    """A Lambda runtime's version of Python, 3.11 or later."""
    architecture: str = "arm64"
    """`arm64` (cheaper for the same work) or `x86_64`."""
    platform: str | None = None
    """uv's name of the platform whose wheels are taken; None is Lambda's own, Linux."""

    def __post_init__(self) -> None:
        problems = []
        if not _PYTHON.fullmatch(self.python):
            problems.append(
                f"{_names('python')}={self.python!r}: say a version of Python, 3.11 or later, "
                "such as 3.13."
            )
        if self.architecture not in _ARCHITECTURES:
            problems.append(
                f"{_names('architecture')}={self.architecture!r}: "
                f"Lambda has {' and '.join(_ARCHITECTURES)}."
            )
        if problems:
            raise LambdaTargetError("\n".join(problems))

    def __str__(self) -> str:
        wheels = f" with wheels for {self.platform}" if self.platform else ""
        return f"Python {self.python} on {self.architecture}{wheels}"

    @classmethod
    def from_context(cls, node: "Node") -> "LambdaTarget":
        """Read the target: from the CDK context, or else from the embedded AWS's environment.

        What neither says keeps its default. The variables are those that `python -m local_aws env`
        exports. They belong to the machine that an embedded AWS runs on, so they count while
        `AWS_ENDPOINT_URL` points at this one: a shell that goes on to AWS builds for AWS.

        Raises:
            LambdaTargetError: a value is none that Lambda can have.
        """
        given = _environment() if points_here() else {}
        for field, (key, _) in _SOURCES.items():
            value = node.try_get_context(key)
            if value is not None:
                given[field] = str(value)
        return cls(**given)

    @classmethod
    def of_this_machine(cls) -> "LambdaTarget":
        """The target that this machine's own interpreter can run."""
        arm = platform.machine() in ("arm64", "aarch64")
        processor = "aarch64" if arm else "x86_64"
        return cls(
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if arm else "x86_64",
            platform=f"{processor}-apple-darwin" if sys.platform == "darwin" else None,
        )

    @property
    def context(self) -> dict[str, str]:
        """The context that `from_context` reads this target from."""
        return {_SOURCES[field][0]: value for field, value in self._values().items()}

    @property
    def environment(self) -> dict[str, str]:
        """The variables that `from_context` reads this target from."""
        return {_SOURCES[field][1]: value for field, value in self._values().items()}

    def _values(self) -> dict[str, str]:
        values = {field: getattr(self, field) for field in _SOURCES}
        return {field: value for field, value in values.items() if value is not None}

    @property
    def wheels(self) -> str:
        """The platform, as uv names it.

        Every supported Lambda runtime has glibc 2.26 or later, which runs manylinux2014 wheels.
        """
        linux = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}
        return self.platform or linux[self.architecture]

    @property
    def notice(self) -> str | None:
        """What who synthesizes should know: another target, or variables without effect."""
        lines = []
        if self != LambdaTarget():
            lines.append(f"Lambda functions are built for {self} (default: {LambdaTarget()}).")
        if _environment() and not points_here():
            variables = " and ".join(_SOURCES[field][1] for field in _environment())
            lines.append(
                f"{variables} without effect: AWS_ENDPOINT_URL does not point at an embedded AWS "
                "on this machine. For AWS, say -c lambdaPython=… -c lambdaArchitecture=…."
            )
        return "\n".join(lines) or None


def _names(field: str) -> str:
    key, variable = _SOURCES[field]
    return f"{key} (or {variable})"


def _environment() -> dict[str, str]:
    """What the environment says, whether it counts or not; an empty variable says nothing."""
    values = {field: os.environ.get(variable) for field, (_, variable) in _SOURCES.items()}
    return {field: value for field, value in values.items() if value}


def points_here() -> bool:
    """Whether requests to AWS go to this machine."""
    host = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
