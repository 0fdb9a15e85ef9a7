"""Makes `python -m local_aws` the command of `cli.py`."""

import os
import sys

UNREAD = 141
"""As a shell reports a program that SIGPIPE ended."""
INTERRUPTED = 130
"""What a shell reports of a program that Ctrl-C ended."""

if __name__ == "__main__":
    try:
        # Here, because it takes a moment in which Ctrl-C may come.
        from local_aws.cli import main

        code = main()
        # Here, where a reader that is gone can still be told from an error.
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:
        # Whoever read our output has read enough: `… | head`. Nothing is to be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
