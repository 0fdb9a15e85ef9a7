"""The Glue job's zip: complete, reproducible, and built once."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stacks import glue_bundle
from stacks.glue_bundle import REQUIREMENTS, build_glue_bundle
from stacks.repository import ROOT


def run_beside(bundle: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that finds its modules in the zip first, and nothing of this repository."""
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(bundle)},
        cwd="/",
    )


@pytest.fixture(scope="module")
def bundle() -> Path:
    return build_glue_bundle()


def test_job_imports_from_the_zip_what_glue_does_not_have(bundle: Path) -> None:
    program = (
        "import sys\n"
        "import data_prep.spark.job\n"
        "modules = [(n, getattr(m, '__file__', None) or '') for n, m in sys.modules.items()]\n"
        "print({n.split('.')[0] for n, f in modules if '/site-packages/' in f})\n"
        f"print({{n.split('.')[0] for n, f in modules if f.startswith({str(bundle)!r})}})\n"
    )
    result = run_beside(bundle, program)
    assert result.returncode == 0, result.stderr
    of_environment, of_zip = (
        set(re.findall(r"'(\w+)'", line)) for line in result.stdout.splitlines()
    )
    assert {"data_prep", "review_text", "narwhals"} <= of_zip
    # Whatever only this environment has would be missing on Glue.
    assert of_environment & {"rich", "jinja2", "requests", "polars_hash", "narwhals"} == set()


def test_zip_holds_the_emoticon_lexicon(bundle: Path) -> None:
    program = (
        "from data_prep.dataset.emoticons import emoticon_lines\n"
        "import vaderSentiment\n"
        "print(len(emoticon_lines(['negative', 'positive'])), vaderSentiment.__file__)\n"
    )
    result = run_beside(bundle, program)
    assert result.returncode == 0, result.stderr
    count, file = result.stdout.split()
    assert (int(count) > 10, str(bundle) in file) == (True, True)


def test_zip_is_the_same_wherever_it_is_built(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glue_bundle, "CACHE", tmp_path)
    again = build_glue_bundle()
    assert (again.name, again.read_bytes()) == (bundle.name, bundle.read_bytes())


def test_second_build_installs_nothing(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("installed again")

    monkeypatch.setattr(glue_bundle, "install_wheels", refuse)
    assert build_glue_bundle() == bundle


def test_zip_holds_nothing_compiled(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        assert [n for n in archive.namelist() if n.endswith((".so", ".pyc"))] == []


def test_job_has_the_versions_that_this_machine_prepares_with() -> None:
    pin = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    own = dict(pin.findall((ROOT / "requirements.txt").read_text()))
    of_job = dict(pin.findall(REQUIREMENTS.read_text()))
    assert of_job == {name: own[name] for name in of_job}
