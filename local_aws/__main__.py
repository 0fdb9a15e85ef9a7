"""Makes `python -m local_aws` the command of `cli.py`."""

import sys

INTERRUPTED = 130
"""What a shell reports of a program that Ctrl-C ended."""

if __name__ == "__main__":
    try:
        # Here, because it takes a moment in which Ctrl-C may come.
        from local_aws.cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
