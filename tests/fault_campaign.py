"""The whole fault campaign: `python -m tests.fault_campaign`, or `make faults`.

Every kind of fault at every API call of every scenario, and in some what may happen elsewhere
in that moment. An ordinary test run has the kinds that the handlers treat differently.
"""

import logging
import os
import sys
import time
from multiprocessing import Pool
from typing import Final

from tests.lifecycle.campaign import FAULTS, HAPPENINGS, MORE_FAULTS, TALLY, Tally, strikes
from tests.lifecycle.scenarios import DISTURBED, SCENARIOS

WORKERS: Final = max(1, min(2, os.cpu_count() or 1))
KINDS: Final = (*FAULTS, *MORE_FAULTS)


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
    print(
        f"{len(SCENARIOS)} scenarios, {len(KINDS)} kinds of faults at every API call in turn; in "
        f"{len(DISTURBED)} of them {len(HAPPENINGS)} happenings elsewhere"
    )
    print(f"{total} in {time.monotonic() - started:.0f} s")
    return 1 if broken else 0


def _run(number: int) -> tuple[Tally, list[str]]:
    TALLY.reset()
    scenario = SCENARIOS[number]
    disturbances = (*KINDS, *HAPPENINGS) if scenario in DISTURBED else KINDS
    broken = [
        line for what in disturbances for strike in strikes(scenario, what) for line in strike.run()
    ]
    return TALLY, broken


if __name__ == "__main__":
    sys.exit(main())
