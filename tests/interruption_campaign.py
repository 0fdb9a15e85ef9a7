"""Ctrl-C at random moments of the demo: `python -m tests.interruption_campaign`.

SIGINT goes to the demo's process group, as a terminal sends it. Afterwards there must be nothing of
it left, no process and no file, and what it printed must be sentences. An ordinary test run has a
few chosen moments (tests/end_to_end/test_demo.py).
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stacks.repository import ROOT

DEMO = (sys.executable, "-m", "local_aws", "demo", "--no-hold", "--port", "0")
LONGEST_STOP_S = 60.0
_NOISE = re.compile(r"Traceback|BrokenPipe|KeyboardInterrupt|Exception ignored|\bat \S+\.js")


def main() -> int:
    """Run it; one line a moment, and 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument(
        "--seconds", type=float, default=45, help="of the demo (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a campaign")
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    chance = random.Random(options.seed)  # noqa: S311
    wrong = 0
    for number in range(1, options.moments + 1):
        moment = chance.uniform(0.3, options.seconds)
        problems = interrupted_at(moment)
        wrong += bool(problems)
        shown = "; ".join(problems) or "clean"
        print(f"[{number}/{options.moments}] {moment:5.1f} s: {shown}", flush=True)
    print(f"{options.moments} moments, {wrong} with something wrong")
    return 1 if wrong else 0


def interrupted_at(moment: float) -> list[str]:
    """What was wrong with a demo that was interrupted so many seconds after its start."""
    with tempfile.TemporaryDirectory(prefix="interrupted-") as folder:
        demo = subprocess.Popen(
            DEMO,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        time.sleep(moment)
        ended_by_itself = demo.poll() is not None
        if not ended_by_itself:
            os.killpg(demo.pid, signal.SIGINT)
        try:
            printed, _ = demo.communicate(timeout=LONGEST_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(demo.pid, signal.SIGKILL)
            return [f"it did not stop within {LONGEST_STOP_S:g} s"]
        problems = [f"it printed {found[0]!r}" for found in [_NOISE.search(printed)] if found]
        wanted = 0 if ended_by_itself else 130
        if demo.returncode != wanted:
            problems.append(f"its exit code was {demo.returncode} in place of {wanted}")
        problems += [f"it left the file {left.name}" for left in Path(folder).iterdir()]
        problems += [f"it left the process {command}" for command in _processes(folder)]
    return problems


def _processes(folder: str) -> list[str]:
    """The commands of processes whose environment names a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
