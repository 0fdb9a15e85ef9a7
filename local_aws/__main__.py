"""Makes `python -m local_aws` the command of `cli.py`."""

import sys

from local_aws.cli import main

if __name__ == "__main__":
    sys.exit(main())
