"""Some files of the reading campaign; `make reading` has 2,000."""

from pathlib import Path

import pytest

from tests.reading_campaign import tried


@pytest.mark.parametrize("part", range(4))
def test_file_comes_back_as_it_was_written(part: int, tmp_path: Path) -> None:
    outcomes = {seed: tried(f"unit/{seed}", tmp_path) for seed in range(30 * part, 30 * part + 30)}
    assert {seed: o for seed, o in outcomes.items() if o.problem} == {}
