"""What the functions run on. It needs no CDK, which takes a second to load."""

import platform
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs import Node


@dataclass(frozen=True, kw_only=True)
class LambdaTarget:
    """What the functions run on.

    Read from the context keys `lambdaPython`, `lambdaArchitecture` and `lambdaPlatform`.
    """

    python: str = "3.13"
    """A Lambda runtime's version of Python, such as `3.13`."""
    architecture: str = "arm64"
    """`arm64` (cheaper for the same work) or `x86_64`."""
    platform: str | None = None
    """uv's name of the platform whose wheels are taken; None is Lambda's own, Linux."""

    def __post_init__(self) -> None:
        if self.architecture not in ("arm64", "x86_64"):
            raise ValueError(
                f"lambdaArchitecture={self.architecture!r}: Lambda has arm64 and x86_64"
            )

    @classmethod
    def from_context(cls, node: "Node") -> "LambdaTarget":
        """Read the target from the CDK context; what is not given keeps its default."""
        given = {
            field: node.try_get_context(key)
            for field, key in (
                ("python", "lambdaPython"),
                ("architecture", "lambdaArchitecture"),
                ("platform", "lambdaPlatform"),
            )
        }
        return cls(**{field: str(value) for field, value in given.items() if value is not None})

    @classmethod
    def of_this_machine(cls) -> "LambdaTarget":
        """The target that this machine's own interpreter can run."""
        arm = platform.machine() in ("arm64", "aarch64")
        return cls(
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if arm else "x86_64",
            platform=f"{platform.machine()}-apple-darwin" if sys.platform == "darwin" else None,
        )

    @property
    def context(self) -> dict[str, str]:
        """The context that `from_context` reads this target from."""
        context = {"lambdaPython": self.python, "lambdaArchitecture": self.architecture}
        return context | ({"lambdaPlatform": self.platform} if self.platform else {})

    @property
    def wheels(self) -> str:
        """The platform, as uv names it.

        Every supported Lambda runtime has glibc 2.26 or later, which runs manylinux2014 wheels.
        """
        linux = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}
        return self.platform or linux[self.architecture]
