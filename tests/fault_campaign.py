"""The whole fault campaign: `python -m tests.fault_campaign`, or `make faults`.

Every kind of fault, and everything that may happen elsewhere, at every API call of every
scenario. An ordinary test run has the kinds that the handlers treat differently.
"""

import logging
import os
import sys
import time
from multiprocessing import Pool
from typing import Final

from tests.lifecycle.campaign import FAULTS, HAPPENINGS, MORE_FAULTS, TALLY, Tally, strikes
from tests.lifecycle.scenarios import SCENARIOS

WORKERS: Final = max(1, min(2, os.cpu_count() or 1))
DISTURBANCES: Final = (*FAULTS, *MORE_FAULTS, *HAPPENINGS)


def main() -> int:
    """Run it, print what was broken and the number of cases; 1 if anything was broken."""
    started, total, broken = time.monotonic(), Tally(), list[str]()
    with Pool(WORKERS, initializer=logging.disable) as pool:
        for number, (tally, found) in enumerate(pool.imap(_run, range(len(SCENARIOS))), start=1):
            total.add(tally)
            broken += found
            name = SCENARIOS[number - 1].name
            print(f"[{number}/{len(SCENARIOS)}] {name}: {tally.cases:,} cases", flush=True)
    for line in broken:
        print(line)
    print(f"{len(SCENARIOS)} scenarios, {len(DISTURBANCES)} disturbances of every API call in turn")
    print(f"{total} in {time.monotonic() - started:.0f} s")
    return 1 if broken else 0


def _run(number: int) -> tuple[Tally, list[str]]:
    TALLY.reset()
    scenario = SCENARIOS[number]
    broken = [
        line for what in DISTURBANCES for strike in strikes(scenario, what) for line in strike.run()
    ]
    return TALLY, broken


if __name__ == "__main__":
    sys.exit(main())
