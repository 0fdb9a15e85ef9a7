"""Which packages this machine can run."""

import io
import sysconfig
import zipfile

import pytest

from local_aws.ministack.native_code import foreign_code

OURS = f"pkg/_native{sysconfig.get_config_var('EXT_SUFFIX')}"


def package(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("handler.py", *names):
            archive.writestr(name, "")
    return packed.getvalue()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((), id="pure Python"),
        pytest.param((OURS,), id="native code of this machine"),
        pytest.param(("index.js", "node_modules/x/build/x.node"), id="Node"),
        pytest.param(("lib/libstdc++.so", "cryptography/_rust.abi3.so"), id="other libraries"),
    ],
)
def test_what_can_run_here_passes(names: tuple[str, ...]) -> None:
    assert foreign_code(package(*names)) is None


def test_what_is_no_archive_is_not_judged() -> None:
    assert foreign_code(b"no zip") is None


@pytest.mark.parametrize(
    ("name", "built_for"),
    [
        ("a/_core.cpython-39-aarch64-linux-gnu.so", "Python 3.9 on aarch64-linux-gnu"),
        ("a/_core.cpython-310-x86_64-linux-gnu.so", "Python 3.10 on x86_64-linux-gnu"),
        ("a/_core.cpython-310-darwin.so", "Python 3.10 on darwin"),
    ],
)
def test_native_code_of_another_python_or_processor_is_named(name: str, built_for: str) -> None:
    problem = foreign_code(package(OURS, name))
    assert problem is not None
    assert problem.startswith(f"This function was built for {built_for} ({name})")


def test_the_refusal_says_what_sets_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_STATE", "/states/one and two")
    problem = foreign_code(package("a/_core.cpython-39-aarch64-linux-gnu.so"))
    command = "eval \"$(python -m local_aws env --state '/states/one and two')\""
    assert command in str(problem)
