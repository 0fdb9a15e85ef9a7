"""Runs the CDK CLI, and turns what it prints into progress and clear errors."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployment.cdk_failures import said
from deployment.child_program import child_program
from deployment.errors import CdkError
from deployment.progress import step
from stacks.repository import ROOT

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class CdkCli:
    """The CDK CLI for one tier, against the AWS that its environment points at."""

    tier: str
    settings: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    """Further context, such as `lambdaPython`."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Of every stack that is deployed, and so of what is in it."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    output: Path = ROOT / "cdk.out"
    """Where the cloud assembly is written."""

    def synth(self) -> None:
        """Write the cloud assembly that the other commands deploy."""
        context = {"tier": self.tier, **self.context}
        if self.settings:
            context["settings"] = self.settings
        arguments = [
            word for key, value in context.items() for word in ("--context", f"{key}={value}")
        ]
        self._run(
            f"Synthesize the templates of {self.tier}",
            ["synth", "--quiet", "--output", str(self.output), *arguments],
        )

    def template(self, stack: str) -> dict[str, Any]:
        """What `synth` has written for a stack."""
        file = self.output / f"{stack}.template.json"
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content

    def bootstrap(self) -> None:
        """Prepare the account and region for the CDK; does nothing where that is done."""
        self._run("Bootstrap the account for the CDK", ["bootstrap", *self._app()])

    def deploy(self, stack: str, parameters: Mapping[str, str] | None = None) -> None:
        """Deploy one stack of the assembly; a parameter that is not given keeps its value."""
        given = [
            word
            for name, value in (parameters or {}).items()
            for word in ("--parameters", f"{stack}:{name}={value}")
        ]
        tags = [word for pair in self.tags.items() for word in ("--tags", "=".join(pair))]
        self._run(
            f"Deploy {stack}",
            ["deploy", stack, "--exclusively", "--require-approval", "never",
             "--progress", "events", *self._app(), *given, *tags],
        )  # fmt: skip

    def diff(self, stacks: Sequence[str]) -> list[str]:
        """Compare stacks of the assembly with what is deployed; returns what the CLI prints.

        The templates are compared and no change set is made: that would publish the templates and
        need the permissions of a deployment.
        """
        return self._run(
            f"Compare {self.tier} with what is deployed",
            ["diff", *stacks, "--exclusively", "--method", "template", *self._app()],
        )

    def destroy(self) -> None:
        """Destroy every stack of the assembly."""
        self._run(
            f"Destroy the stacks of {self.tier}", ["destroy", "--all", "--force", *self._app()]
        )

    def _app(self) -> list[str]:
        return ["--app", str(self.output)]

    def _run(self, title: str, arguments: Sequence[str]) -> list[str]:
        cdk = shutil.which("cdk", path=self.environment.get("PATH"))
        if cdk is None:
            raise CdkError("The CDK CLI is not installed: run `make setup`.")
        lines: list[str] = []
        with (
            # The CDK's Node leaves a folder in TMPDIR when it is interrupted.
            tempfile.TemporaryDirectory(prefix="cdk-", ignore_cleanup_errors=True) as temporary,
            step(title) as running,
        ):
            own = {"NO_COLOR": "1", "FORCE_COLOR": "0", "TMPDIR": temporary}
            with child_program(
                [cdk, *arguments, "--no-notices"],
                cwd=ROOT,
                env={**self.environment, **own},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as process:
                for raw in process.stdout or ():
                    line = ANSI.sub("", raw).rstrip()
                    if line:
                        lines.append(line)
                        running.note(line.strip())
            if process.returncode:
                raise CdkError(said(lines))
        return lines
