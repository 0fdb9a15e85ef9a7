"""An embedded AWS that keeps its state, with stand-ins for the containers, until stdin ends.

`python -m tests.kept_stand_in_aws PORT STATE`: prints its URL when everything is there.
"""

import sys
from pathlib import Path

from local_aws.instance import StateDirectory
from local_aws.sagemaker.service import Programs
from local_aws.server import EmbeddedAws

HERE = Path(__file__).parent


def main(port: int, state: Path) -> None:
    directory = StateDirectory(state)
    directory.acquire()
    programs = Programs(
        train=(sys.executable, str(HERE / "stand_in_train.py")),
        serve=(sys.executable, str(HERE / "stand_in_serve.py")),
    )
    with EmbeddedAws(port, directory.path, programs=programs) as aws:
        print(aws.url, flush=True)
        sys.stdin.read()
    directory.release()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
