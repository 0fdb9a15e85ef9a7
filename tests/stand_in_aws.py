"""An embedded AWS whose training and serving containers are stand-ins, until stdin ends.

Prints its URL as the first line of standard output.
"""

import sys
from pathlib import Path

from local_aws.sagemaker.service import Programs
from local_aws.server import EmbeddedAws

HERE = Path(__file__).parent
PROGRAMS = Programs(
    train=(sys.executable, str(HERE / "stand_in_train.py")),
    serve=(sys.executable, str(HERE / "stand_in_serve.py")),
    startup_timeout_s=2.0,
)

with EmbeddedAws(programs=PROGRAMS) as aws:
    print(aws.url, flush=True)
    sys.stdin.read()
