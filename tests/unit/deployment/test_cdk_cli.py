"""`python -m deployment`: what it refuses, and how it says so."""

import os
import stat
import sys
from pathlib import Path

import pytest

from deployment.__main__ import main
from deployment.cdk_cli import CdkCli
from deployment.errors import CdkError


def test_unknown_tier_exits_with_2_and_lists_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["deploy", "--tier", "Alice"]) == 2
    assert "Settings are Sandbox or Production" in capsys.readouterr().out


def test_training_file_without_a_test_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.txt").touch()
    assert main(["deploy", "--tier", "Sandbox", "--train", str(tmp_path / "train.txt")]) == 2
    assert "Say both --train and --test" in capsys.readouterr().out


def test_validation_file_goes_with_a_training_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "validation.txt")
    assert main(["deploy", "--tier", "Sandbox", "--validation", file]) == 2
    assert "--validation goes with --train and --test" in capsys.readouterr().out


def test_missing_training_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.txt")
    assert main(["deploy", "--tier", "Sandbox", "--train", missing, "--test", missing]) == 2
    assert "There is no file" in capsys.readouterr().out


def test_context_that_is_no_pair_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--tier", "Sandbox", "-c", "lambdaPython"]) == 2
    assert "'lambdaPython': context is KEY=VALUE" in capsys.readouterr().out


def test_missing_cdk_cli_says_how_to_install_it(tmp_path: Path) -> None:
    cdk = CdkCli(tier="Sandbox", environment={"PATH": str(tmp_path)})
    with pytest.raises(CdkError, match="make setup"):
        cdk.synth()


def program(folder: Path, source: str) -> dict[str, str]:
    """An environment in which `cdk` is a small program."""
    cdk = folder / "cdk"
    cdk.write_text(f"#!{sys.executable}\n{source}")
    cdk.chmod(cdk.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_failure_of_the_cdk_cli_shows_what_it_printed(tmp_path: Path) -> None:
    environment = program(tmp_path, "import sys; print('the reason'); sys.exit(1)")
    with pytest.raises(CdkError, match="the reason"):
        CdkCli(tier="Sandbox", environment=environment).bootstrap()


def test_parameters_are_passed_for_their_stack(tmp_path: Path) -> None:
    arguments = tmp_path / "arguments"
    environment = program(
        tmp_path, f"import sys; open({str(arguments)!r}, 'w').write(' '.join(sys.argv[1:]))"
    )
    CdkCli(tier="Sandbox", environment=environment).deploy("Stack", {"TrainKey": "a/b"})
    assert "--parameters Stack:TrainKey=a/b" in arguments.read_text()


def test_tags_are_passed_to_every_deployment(tmp_path: Path) -> None:
    arguments = tmp_path / "arguments"
    environment = program(
        tmp_path, f"import sys; open({str(arguments)!r}, 'w').write(' '.join(sys.argv[1:]))"
    )
    CdkCli(tier="Sandbox", environment=environment, tags={"team": "reviews"}).deploy("Stack")
    assert "--tags team=reviews" in arguments.read_text()


def test_tag_that_is_no_pair_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--tier", "Sandbox", "--tag", "team"]) == 2
    assert "'team': a tag is KEY=VALUE" in capsys.readouterr().out
