"""Mutation testing of the training job's handlers: `python -m tests.mutation`, or `make mutation`.

mutmut changes one thing of the program after the other and runs the tests that reach it. It works
on a copy under a temporary directory, so that no mutated file is ever in the working tree.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MUTATED: Final = ("lambdas/training_job", "lambdas/custom_resource")
NEEDED: Final = (
    "lambdas",
    "local_aws",
    "data_prep",
    "report_page",
    "review_text",
    "tier_layout",
    "tests",
)
LEAST_PERCENT: Final = 85
SKIPPED_TESTS: Final = ("test_campaign.py", "test_state_machine.py")
"""Minutes for each mutant that survives; what they find is stated by a test of its own."""
UNIT_TESTS: Final = tuple(f"tests/unit/{mutated}" for mutated in MUTATED)
WORKERS: Final = max(1, min(2, os.cpu_count() or 1))


def main() -> int:
    """Run mutmut, print the survivors and the score; 1 if too many survive."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = Path(name)
        _copy(folder)
        _configure(folder)
        print(f"Mutating {' and '.join(MUTATED)} in {folder}, some minutes", flush=True)
        run = ["run", "--max-children", str(WORKERS)]
        status = _mutmut(folder, *run, stdout=None).returncode
        results = _mutmut(folder, "results", "--all", "true", stdout=subprocess.PIPE).stdout
    return _report(results or "", status)


def _copy(folder: Path) -> None:
    for name in NEEDED:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", *SKIPPED_TESTS)
        )
    shutil.copy(ROOT / "pyproject.toml", folder)


def _configure(folder: Path) -> None:
    settings = {
        "source_paths": MUTATED,
        "also_copy": NEEDED,
        "pytest_add_cli_args": ("-x", "-q", "-p", "no:cacheprovider"),
        "pytest_add_cli_args_test_selection": ("tests/lifecycle", *UNIT_TESTS),
    }
    lines = ["[mutmut]"]
    for key, values in settings.items():
        lines += [f"{key}=", *(f"    {value}" for value in values)]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mutmut(folder: Path, *arguments: str, stdout: int | None) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("mutmut")
    return subprocess.run([program, *arguments], cwd=folder, stdout=stdout, text=True, check=False)


def _report(results: str, status: int) -> int:
    verdicts = dict(line.strip().rsplit(": ", 1) for line in results.splitlines() if ": " in line)
    if status or not verdicts:
        print("mutmut did not run to its end.", file=sys.stderr)
        return 1
    left = sorted(
        name for name, verdict in verdicts.items() if verdict not in {"killed", "timeout"}
    )
    for name in left:
        print(f"{verdicts[name]}: {name}")
    killed = len(verdicts) - len(left)
    percent = 100 * killed / len(verdicts)
    print(f"{killed} of {len(verdicts)} mutants killed: {percent:.1f} % (bar: {LEAST_PERCENT} %)")
    return 0 if percent >= LEAST_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
