"""The container's `serve` program: `python -m local_aws.blazingtext.serve --port N`.

Serves model/model.bin of the directory in SM_ML_ROOT on 127.0.0.1, and prints
`listening on 127.0.0.1:<port>` when it accepts requests; port 0 takes a free one.
SIGTERM, or the end of standard input, lets it finish the requests in flight and
end with status 0.
"""

import argparse
import contextlib
import os
import re
import select
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from local_aws.blazingtext.lifeline import on_stdin_eof
from local_aws.blazingtext.predictor import InvocationError, Predictor

# SageMaker's limit on the body of an invocation (InvokeEndpoint, BodyBlob).
_LARGEST_BODY_BYTES = 6_291_456
_ALLOWED_METHODS = {"/ping": "GET", "/invocations": "POST"}


class _Server(ThreadingHTTPServer):
    """One thread for each connection; closing waits until every request is answered."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, predictor: Predictor) -> None:
        self.predictor = predictor
        self.is_draining = False
        self._idle: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind, without the name look-up of http.server, which may ask the network."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection, idle until its first request begins."""
        self.end_request(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, and close it."""
        self.begin_request(request)
        super().shutdown_request(request)

    def begin_request(self, connection: socket.socket) -> None:
        """The connection is not idle: draining waits for its answer."""
        with self._lock:
            self._idle.discard(connection)

    def end_request(self, connection: socket.socket) -> bool:
        """The connection is idle; returns whether it may take another request."""
        with self._lock:
            self._idle.add(connection)
            return not self.is_draining

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; report what is our fault."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def drain(self) -> None:
        """Finish the requests in flight, and close every connection."""
        self.shutdown()
        # Connections that are made but not accepted yet may have sent a request.
        while select.select([self.socket], [], [], 0)[0]:
            self.handle_request()
        with self._lock:
            self.is_draining = True
            for connection in self._idle:
                # A request that has arrived by now is still read.
                with contextlib.suppress(OSError):  # the client closed it first
                    connection.shutdown(socket.SHUT_RD)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """GET /ping and POST /invocations."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize: ClassVar[int] = -1  # one segment for headers and body
    error_content_type = "text/plain"
    error_message_format = "%(message)s"

    def do_GET(self) -> None:
        """Answer GET."""
        if self._is_for("GET"):
            self._reply(200)

    def do_POST(self) -> None:
        """Answer POST."""
        body = self._body()
        if body is None or not self._is_for("POST"):
            return
        try:
            answer, content_type = self.server.predictor.invoke(body, self.headers["Content-Type"])
        except InvocationError as error:
            self._reply(error.status, str(error).encode())
        else:
            self._reply(200, answer, content_type)

    def handle_expect_100(self) -> bool:
        """Answer 100 at once, or the client would wait for it."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def version_string(self) -> str:
        """The Server header: not the interpreter and its version."""
        return "local-blazingtext"

    def parse_request(self) -> bool:
        """Note that a request has begun."""
        self.server.begin_request(self.connection)
        return super().parse_request()

    def handle_one_request(self) -> None:
        """Note that a request is over."""
        super().handle_one_request()
        if not self.server.end_request(self.connection):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing of a request: its text must not reach a log."""

    def _is_for(self, method: str) -> bool:
        allowed = _ALLOWED_METHODS.get(self.path)
        if allowed is None:
            self._reply(404, b"There are only /ping and /invocations here.")
        elif allowed != method:
            self._reply(405, f"{self.path} takes {allowed} only.".encode())
        return allowed == method

    def _body(self) -> bytes | None:
        """The request's body; None when it was refused, and the connection will close."""
        length = self.headers["Content-Length"] or ""
        if not re.fullmatch(r"[0-9]{1,12}", length):
            refusal = 411, b"The request must have a Content-Length."
        elif int(length) > _LARGEST_BODY_BYTES:
            refusal = 413, f"The body must have at most {_LARGEST_BODY_BYTES} bytes.".encode()
        elif len(body := self.rfile.read(int(length))) < int(length):
            refusal = 400, b"The body ended before its Content-Length."
        else:
            return body
        self.close_connection = True
        self._reply(*refusal)
        return None

    def _reply(
        self, status: int, body: bytes = b"", content_type: str = "text/plain; charset=utf-8"
    ) -> None:
        if self.server.is_draining:
            self.close_connection = True
        self.send_response(status)
        if body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(description="Serve a BlazingText model on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free port")
    port = parser.parse_args().port
    model_file = Path(os.environ.get("SM_ML_ROOT", "/opt/ml")) / "model" / "model.bin"
    try:
        server = _Server(port, Predictor(model_file))
    except (ValueError, OSError, OverflowError) as error:
        sys.stderr.write(f"cannot serve {model_file.name} on port {port}: {error}\n")
        return 1
    stopped, stop = os.pipe()
    # The interpreter writes to the pipe the moment that a signal comes. A handler of ours
    # would run only after the read below has returned, if it came just before it.
    os.set_blocking(stop, False)
    signal.set_wakeup_fd(stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    on_stdin_eof(lambda: os.write(stop, b"."))
    threading.Thread(target=server.serve_forever, args=(0.1,), name="accept", daemon=True).start()
    sys.stdout.write(f"listening on 127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    os.read(stopped, 1)
    server.drain()
    return 0


if __name__ == "__main__":
    sys.exit(main())
