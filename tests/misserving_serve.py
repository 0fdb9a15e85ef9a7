"""The container's own serve program, unless the model's archive says how it is to fail.

`misserving_serve.py --port PORT`. A file `fault` beside `model.bin`, which the evaluation does not
look at, says `errors` (500 for every request), `slow` (2 s for each) or `garbage` (200 and
nonsense). What starts it is `misserving_aws.py`.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVE = "local_aws.blazingtext.serve"
SLOW_S = 2.0


class Failing(BaseHTTPRequestHandler):
    """Is healthy, and fails in one way."""

    protocol_version = "HTTP/1.1"
    # One segment for each answer: two would wait 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    fault = ""

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer(200, {})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.fault == "errors":
            self.answer(500, {"error": "out of memory"})
        elif self.fault == "garbage":
            self.answer(200, {"outputs": [[0.1, 0.2]]})
        else:
            time.sleep(SLOW_S)
            label = {"prob": [0.6, 0.4], "label": ["__label__positive", "__label__negative"]}
            self.answer(200, [label for _ in request["instances"]])


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


if __name__ == "__main__":
    fault = Path(os.environ["SM_ML_ROOT"]) / "model" / "fault"
    if not fault.exists():
        os.execv(sys.executable, [sys.executable, "-m", SERVE, *sys.argv[1:]])  # noqa: S606
    Failing.fault = fault.read_text()
    threading.Thread(target=end_with_parent, daemon=True).start()
    port = int(sys.argv[sys.argv.index("--port") + 1])
    ThreadingHTTPServer(("127.0.0.1", port), Failing).serve_forever()
