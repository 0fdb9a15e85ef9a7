"""What is said about memory is said before Polars is loaded."""

import os
import subprocess
import sys

import pytest

from data_prep.transform.allocator import KEPT_MS, SETTING, reuse_memory


def test_the_command_line_does_not_load_polars_before_a_command_is_known() -> None:
    code = "import sys, data_prep.__main__; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_freed_memory_is_kept_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    reuse_memory()
    assert f"dirty_decay_ms:{KEPT_MS}" in os.environ[SETTING]


def test_a_setting_of_the_users_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "dirty_decay_ms:1")
    reuse_memory()
    assert os.environ[SETTING] == "dirty_decay_ms:1"
