"""The container's own serve program, unless a file is there when it starts: then it never is ready.

`ailing_serve.py FILE --port PORT`: what starts it is `ailing_aws.py`.
"""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVE = "local_aws.blazingtext.serve"


class NotReady(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self.send_error(503)


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


sick, *arguments = sys.argv[1:]
if not Path(sick).exists():
    os.execv(sys.executable, [sys.executable, "-m", SERVE, *arguments])  # noqa: S606
threading.Thread(target=end_with_parent, daemon=True).start()
port = int(arguments[arguments.index("--port") + 1])
ThreadingHTTPServer(("127.0.0.1", port), NotReady).serve_forever()
