"""An embedded AWS whose containers fail if the archive of their model says so.

`python -m tests.misserving_aws STATE`: runs until its standard input ends. Prints its URL.
"""

import sys
from pathlib import Path

from local_aws.instance import StateDirectory
from local_aws.sagemaker.service import Programs
from local_aws.server import EmbeddedAws


def main(state: Path) -> None:
    directory = StateDirectory(state)
    directory.acquire()
    serve = (sys.executable, str(Path(__file__).with_name("misserving_serve.py")))
    with EmbeddedAws(0, directory.path, programs=Programs(serve=serve)) as aws:
        directory.announce(aws.port)
        print(aws.url, flush=True)
        sys.stdin.read()
    directory.release()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
