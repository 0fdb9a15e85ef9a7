"""One process that serves one model, as a hosting container does."""

import http.client
import logging
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_aws.child_process import end_program, start_program
from local_aws.sagemaker.connection_pool import ConnectionPool
from local_aws.sagemaker.errors import SageMakerError

BLAZINGTEXT_SERVE = ("-m", "local_aws.blazingtext.serve")

_PING_TIMEOUT_S = 2.0
_PING_INTERVAL_S = 0.05
# A container gets SIGTERM, and SIGKILL 30 s later (developer guide, hosting containers).
_STOP_GRACE_S = 30.0
_LOG_TAIL_BYTES = 4096

_log = logging.getLogger(__name__)


class ServingProcess:
    """A running serve program, the connections to it, and the requests in flight."""

    def __init__(
        self,
        *,
        program: Sequence[str],
        ml_root: Path,
        environment: Mapping[str, str],
        log_path: Path,
    ) -> None:
        """Start the program; it serves once `wait_until_healthy` returns."""
        self.port = _free_port()
        self._log_path = log_path
        with log_path.open("ab") as log:
            self._process: subprocess.Popen[bytes] = start_program(
                [*program, "--port", str(self.port)],
                ml_root=ml_root,
                environment=environment,
                stdout=log,
            )
        self.connections = ConnectionPool(self.port)
        self._in_flight = 0
        self._idle = threading.Condition()

    def wait_until_healthy(self, timeout_s: float, cancelled: threading.Event) -> None:
        """Wait for GET /ping to answer 200.

        Raises:
            SageMakerError: the process ended, or did not answer in time.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not cancelled.is_set():
            if self._process.poll() is not None:
                raise SageMakerError(
                    "ClientError",
                    f"the container exited with status {self._process.returncode}:"
                    f" {self._last_log_line()}",
                )
            if self._answers_ping():
                return
            time.sleep(_PING_INTERVAL_S)
        raise SageMakerError("ClientError", f"no answer from /ping within {timeout_s:g} s")

    def begin_request(self) -> None:
        """Count a request that is about to be sent."""
        with self._idle:
            self._in_flight += 1

    def end_request(self) -> None:
        """Count a request as answered."""
        with self._idle:
            self._in_flight -= 1
            self._idle.notify_all()

    def drain(self, timeout_s: float) -> bool:
        """Wait until no request is in flight; False when some still are."""
        with self._idle:
            return self._idle.wait_for(lambda: self._in_flight == 0, timeout_s)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for the signal that ended it; None while it runs."""
        return self._process.poll()

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def stop(self, *, grace_s: float = _STOP_GRACE_S) -> None:
        """Close the connections, then SIGTERM, then SIGKILL after the grace period."""
        self.connections.close()
        status = end_program(self._process, grace_s=grace_s)
        _log.info("serving process on port %d ended with status %d", self.port, status)

    def _answers_ping(self) -> bool:
        # Not urllib, which would ask a proxy that the environment names.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PING_TIMEOUT_S)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_log_line(self) -> str:
        with self._log_path.open("rb") as log:
            log.seek(max(0, self._log_path.stat().st_size - _LOG_TAIL_BYTES))
            lines = log.read().decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it wrote no log"


def _free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
