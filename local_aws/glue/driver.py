"""The program of a Spark driver: runs a job's script, and ends when its parent has gone.

    python -P driver.py SCRIPT [ARGUMENT ...]

Standard library only, and started by its path: a job sees its own Python files and the installed
packages, as on Glue, and nothing of this repository.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    """The parent holds the write end of standard input: its end is end of file."""
    while os.read(0, 4096):
        pass
    # The Java machine is in our process group; Python workers end when it does.
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
