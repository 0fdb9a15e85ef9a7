"""Runs a piece of Python again and again, killed before each change that it makes to any file.

Not a test module.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

KILLED = """
import os, signal, sys
changes = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"}
left = int(sys.argv.pop(1))
def before_each_change(event, arguments):
    global left
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in changes or writes:
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.dont_write_bytecode = True
def from_here_on():
    sys.addaudithook(before_each_change)
"""
MOST_STEPS = 200


def killed_at_each_step(code: str, arguments: Sequence[str]) -> Iterator[int]:
    """Yields after each kill; ends with the run that nothing killed.

    Args:
        code: the program, which says `from_here_on()` once it has imported what it needs.
        arguments: in `sys.argv[1:]`.
    """
    for step in range(MOST_STEPS):
        command = [sys.executable, "-c", KILLED + code, str(step), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            assert step, "the code changes no file"
            return
        assert done.returncode == -signal.SIGKILL, done.stderr
        yield step
    raise AssertionError(f"still not done after {MOST_STEPS} steps")
