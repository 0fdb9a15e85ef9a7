"""An embedded AWS with real containers, which never get healthy while a file says so.

`python -m tests.ailing_aws PORT STATE`: runs until its standard input ends. Prints its URL.
"""

import sys
from pathlib import Path

from local_aws.instance import StateDirectory
from local_aws.sagemaker.service import Programs
from local_aws.server import EmbeddedAws

SICK = "sick"
"""The file in the state directory."""
STARTUP_TIMEOUT_S = 8.0
"""AWS's own are minutes."""


def main(port: int, state: Path) -> None:
    directory = StateDirectory(state)
    directory.acquire()
    serve = (sys.executable, str(Path(__file__).with_name("ailing_serve.py")), str(state / SICK))
    programs = Programs(serve=serve, startup_timeout_s=STARTUP_TIMEOUT_S)
    with EmbeddedAws(port, directory.path, programs=programs) as aws:
        directory.announce(aws.port)
        print(aws.url, flush=True)
        sys.stdin.read()
    directory.release()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
