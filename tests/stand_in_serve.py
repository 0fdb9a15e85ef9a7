"""Stands for the serve program of a container, for tests of what runs it.

Its model file says what it does: `crash` at the start, never be healthy (`sick`), or
answer each invocation with the file's words. A `slow` model takes half a second.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

PORT = int(sys.argv[sys.argv.index("--port") + 1])
MODEL = (Path(os.environ["SM_ML_ROOT"]) / "model/model.bin").read_text()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment for each answer: two would wait 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer(503 if MODEL == "sick" else 200, b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if MODEL.startswith("slow"):
            time.sleep(0.5)
        if self.headers["Content-Type"] != "application/json":
            refusal = f"content-type {self.headers['Content-Type']} not supported"
            self.answer(415, refusal.encode())
        else:
            self.answer(200, json.dumps(MODEL).encode())


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


if MODEL == "crash":
    sys.exit("cannot load the model")
ThreadingHTTPServer.request_queue_size = 128
server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)


def stop(_number: int, _frame: FrameType | None) -> None:
    threading.Thread(target=server.shutdown).start()


signal.signal(signal.SIGTERM, stop)
threading.Thread(target=end_with_parent, daemon=True).start()
server.serve_forever()
os._exit(0)
