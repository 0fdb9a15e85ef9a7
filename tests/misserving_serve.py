"""The container's own serve program, unless the model's archive says how it is to fail.

`misserving_serve.py --port PORT`. A file `fault` beside `model.bin`, which the evaluation does not
look at, says `errors` (500 for every request), `slow` (the model's answer, 2 s late) or `garbage`
(200 and nonsense). What starts it is `misserving_aws.py`.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVE = (sys.executable, "-m", "local_aws.blazingtext.serve")
SLOW_S = 2.0


class Failing(BaseHTTPRequestHandler):
    """Is healthy, and fails in one way."""

    protocol_version = "HTTP/1.1"
    # One segment for each answer: two would wait 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    fault = ""
    good_port = 0
    """Where the container's own program answers, for those that are slow."""

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer(*self.good("GET", b"") if self.fault == "slow" else (200, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.fault == "errors":
            self.answer(500, b"out of memory")
        elif self.fault == "garbage":
            self.answer(200, json.dumps({"outputs": [[0.1, 0.2]]}).encode())
        else:
            time.sleep(SLOW_S)
            self.answer(*self.good("POST", body))

    def good(self, method: str, body: bytes) -> tuple[int, bytes]:
        """What the container's own program answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.good_port, timeout=60)
        try:
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request(method, self.path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except OSError:
            return 503, b"loading"
        finally:
            connection.close()


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


if __name__ == "__main__":
    fault = Path(os.environ["SM_ML_ROOT"]) / "model" / "fault"
    if not fault.exists():
        os.execv(sys.executable, [*SERVE, *sys.argv[1:]])  # noqa: S606
    Failing.fault = fault.read_text()
    if Failing.fault == "slow":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            Failing.good_port = probe.getsockname()[1]
        # It ends with its standard input, which ends with this process.
        subprocess.Popen([*SERVE, "--port", str(Failing.good_port)], stdin=subprocess.PIPE)
    threading.Thread(target=end_with_parent, daemon=True).start()
    port = int(sys.argv[sys.argv.index("--port") + 1])
    ThreadingHTTPServer(("127.0.0.1", port), Failing).serve_forever()
