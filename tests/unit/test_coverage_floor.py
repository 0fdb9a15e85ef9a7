"""The floors of lines and branches are held one by one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.coverage_floor import main


def measured(lines: int, branches: int) -> dict[str, Any]:
    """A file of 100 lines and 100 branches."""
    summary = {
        "covered_lines": lines,
        "num_statements": 100,
        "covered_branches": branches,
        "num_branches": 100,
    }
    file = {
        "summary": summary,
        "missing_lines": list(range(100 - lines)),
        "missing_branches": [[n, n + 1] for n in range(100 - branches)],
    }
    return {"files": {"stacks/tiers.py": file}, "totals": summary}


@pytest.mark.parametrize(
    ("lines", "branches", "code"), [(95, 90, 0), (94, 100, 1), (100, 89, 1), (100, 100, 0)]
)
def test_each_floor_counts_by_itself(tmp_path: Path, lines: int, branches: int, code: int) -> None:
    file = tmp_path / "coverage.json"
    file.write_text(json.dumps(measured(lines, branches)), encoding="utf-8")
    assert main([str(file)]) == code


def test_figures_and_the_worst_files_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "coverage.json"
    file.write_text(json.dumps(measured(94, 93)), encoding="utf-8")
    main([str(file)])
    assert capsys.readouterr().out.splitlines() == [
        "stacks/tiers.py: 6 lines and 7 branches not run, lines 94.00% (94 of 100)",
        "lines: 94.00% (94 of 100), too few: the floor is 95%",
        "branches: 93.00% (93 of 100), enough: the floor is 90%",
    ]


def test_no_branches_at_all_are_enough(tmp_path: Path) -> None:
    nothing = measured(100, 100)
    nothing["totals"] |= {"covered_branches": 0, "num_branches": 0}
    file = tmp_path / "coverage.json"
    file.write_text(json.dumps(nothing), encoding="utf-8")
    assert main([str(file)]) == 0
