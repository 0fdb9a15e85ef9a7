"""The demo's comparison of costs, with a CDK CLI of the tests' own."""

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from deployment.cdk_cli import CdkCli
from local_aws.demo_cost import other_synthesized
from tier_layout.names import TierNames

WRITES = f"""#!{sys.executable}
import pathlib, sys
output = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
output.mkdir()
for stack in ("TrainingJob", "MachineLearningInfrastructure", "SentimentAnalysis",
              "DataPreparation", "Operations"):
    (output / f"Production-{{stack}}.template.json").write_text('{{"Resources": {{}}}}')
"""
FAILS = f"#!{sys.executable}\nimport sys\nsys.exit(1)\n"
STAYS = f"#!{sys.executable}\nimport time\ntime.sleep(60)\n"


def sandbox(folder: Path, program: str) -> CdkCli:
    """A synthesized Sandbox, and what stands for the CDK CLI from then on."""
    cdk = folder / "bin" / "cdk"
    cdk.parent.mkdir()
    cdk.write_text(program)
    cdk.chmod(cdk.stat().st_mode | stat.S_IXUSR)
    output = folder / "cdk.out"
    output.mkdir()
    names = TierNames("Sandbox")
    for stack in (*names.stacks, names.data_preparation):
        (output / f"{stack}.template.json").write_text('{"Resources": {}}')
    path = f"{cdk.parent}{os.pathsep}{os.environ['PATH']}"
    return CdkCli(tier="Sandbox", environment={**os.environ, "PATH": path}, output=output)


def first_line(folder: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tiers that are compared."""
    cdk = sandbox(folder, program)
    # Programs are looked for on the path of who starts them.
    monkeypatch.setenv("PATH", cdk.environment["PATH"])
    with other_synthesized(cdk) as cost:
        return cost()[0].split("US dollars")[1].split()


def test_both_tiers_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_line(tmp_path, WRITES, monkeypatch) == ["Sandbox", "Production"]


def test_a_tier_that_cannot_be_synthesized_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first_line(tmp_path, FAILS, monkeypatch) == ["Sandbox"]


def test_an_interrupted_demo_leaves_no_synthesis_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cdk = sandbox(tmp_path, STAYS)
    monkeypatch.setenv("PATH", cdk.environment["PATH"])
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), other_synthesized(cdk):
        raise KeyboardInterrupt
    assert time.monotonic() - began < 30
