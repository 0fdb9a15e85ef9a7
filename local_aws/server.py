"""The embedded AWS as a library: ministack and our SageMaker in this process."""

import contextlib
import logging
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from local_aws.advice import command
from local_aws.environment import EnvironmentChange, client_environment, server_environment
from local_aws.errors import EmbeddedAwsError
from local_aws.glue.job_runs import JobRuns
from local_aws.http_server import HttpServer
from local_aws.identity import embedded_aws_on, with_identity
from local_aws.leftovers import end_leftovers
from local_aws.ministack.state_files import finish_commit
from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import Programs, SageMakerService
from local_aws.state_marker import claim

LOG_NAME = "local_aws.log"

# boto3 keeps ten connections by default; a training job and its host rarely need more.
_CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=70, retries={"total_max_attempts": 2}, max_pool_connections=20
)


def print_event(line: str) -> None:
    """Write one line for a person to standard error."""
    print(line, file=sys.stderr, flush=True)


class EmbeddedAws:
    """An AWS on a loopback port, for as long as the `with` block lasts.

    ministack keeps its state in module globals and reads its settings when it is
    imported, so a process can start only one, once.
    """

    _started_in_this_process = False

    def __init__(
        self,
        port: int = 0,
        state: Path | None = None,
        log_file: Path | None = None,
        *,
        report: Callable[[str], None] = print_event,
        programs: Programs | None = None,
        quotas: Mapping[str, int] | None = None,
        or_any_port: bool = False,
    ) -> None:
        """Prepare an embedded AWS.

        Args:
            port: the port to listen on; 0 takes a free one.
            state: where state is kept and found again; None keeps it in a temporary
                directory that is removed at the end.
            log_file: where details go; `local_aws.log` in `state` by default, so that
                without a `state` they are gone at the end.
            report: takes one line for each event that a person cares about.
            programs: what stands for the training and serving containers.
            quotas: SageMaker's quotas that differ from the default ones, by name; kept with the
                state.
            or_any_port: whether any free port is as good if that one is in use.
        """
        self._port, self._or_any_port, self._report = port, or_any_port, report
        self._kept_state, self._log_file = state, log_file
        self._programs = programs or Programs()
        self._quotas = dict(quotas or {})
        self._cleanup = contextlib.ExitStack()
        self._service: SageMakerService | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The URL for `AWS_ENDPOINT_URL`; an IP address, so that SDKs use path-style S3."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def control_plane(self) -> ControlPlane:
        """SageMaker of the default account and region.

        Raises:
            EmbeddedAwsError: the embedded AWS has not been started.
        """
        if self._service is None:
            raise EmbeddedAwsError("The embedded AWS is not running: start it first.")
        return self._service.region(Scope()).plane

    def environment(self) -> dict[str, str]:
        """The variables with which a child process talks to this AWS."""
        return client_environment(self.url)

    def client(
        self,
        service: str,
        scope: Scope | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Any:
        """A boto3 client.

        Args:
            service: such as `s3`.
            scope: the account and region; the default ones unless given.
            credentials: the variables of a role's session; the account's own key unless given.
        """
        scope = scope or Scope()
        own = client_environment(self.url) | {"AWS_ACCESS_KEY_ID": scope.account}
        keys = own if credentials is None else credentials
        return boto3.session.Session().client(
            service,
            endpoint_url=self.url,
            region_name=scope.region,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=_CLIENT_CONFIG,
        )

    def start(self) -> None:
        """Start, and return when everything that was saved serves again.

        Raises:
            EmbeddedAwsError: the port is taken, the state directory cannot be written,
                or this process has started one before.
            MinistackChangedError: ministack is not the version that was verified.
        """
        if EmbeddedAws._started_in_this_process:
            raise EmbeddedAwsError(
                "This process has started an embedded AWS before, and ministack can only be"
                " started once: share that one, or use a process for each."
            )
        if "ministack.app" in sys.modules:
            raise EmbeddedAwsError(
                "ministack was imported before the embedded AWS could set the environment that"
                " it reads: start the embedded AWS first."
            )
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        listener = self._listener()
        self._cleanup.callback(listener.close)
        self._port = listener.getsockname()[1]
        self.state = self._prepare_state()
        persist = self._kept_state is not None
        variables = server_environment(self.url, self._port, self.state, persist=persist)
        change = EnvironmentChange(variables)
        self._cleanup.callback(change.undo)
        change.apply()
        # Nearly last of all: what was too busy to end when it was asked to.
        self._cleanup.callback(end_leftovers, self.state)
        self._cleanup.callback(_log_to(self._log_file or self.state / LOG_NAME))
        EmbeddedAws._started_in_this_process = True
        # Imported here, because they read the environment that was just set.
        from ministack.app import app  # noqa: PLC0415
        from ministack.core import lambda_runtime  # noqa: PLC0415

        from local_aws.ministack.alarms import Alarms, alarm_states  # noqa: PLC0415
        from local_aws.ministack.durable_state import DurableState  # noqa: PLC0415
        from local_aws.ministack.embedded_metrics import EmbeddedMetrics  # noqa: PLC0415
        from local_aws.ministack.gaps import current_scope, fill_gaps  # noqa: PLC0415
        from local_aws.ministack.metric_watch import MetricWatch  # noqa: PLC0415
        from local_aws.ministack.role_sessions import RoleSessions  # noqa: PLC0415

        assume = RoleSessions(self.client)
        self._service = SageMakerService(
            assume=assume,
            directory=self.state / "sagemaker",
            report=self._report,
            programs=self._programs,
            quotas=self._quotas,
            alarm_states=alarm_states,
        )
        runs = JobRuns(
            url=self.url,
            assume=assume,
            directory=self.state / "tmp" / "glue",
            report=self._report,
        )
        durable: DurableState | None = None

        def settled() -> None:
            if durable is not None:
                durable.hurry()

        fill_gaps(self._service, runs, assume, settled)
        watch = MetricWatch(self._service, EmbeddedMetrics(current_scope), Alarms(), settled)
        self._cleanup.callback(lambda_runtime.reset)
        self._cleanup.callback(self._service.close)
        if persist:
            durable = DurableState(self.state, self._service, self._report)
        application = durable.noticing(app) if durable else app
        server = HttpServer(with_identity(application, self.state), listener)
        self._cleanup.callback(server.stop)
        server.start()
        if durable:
            durable.restore(server)
            self._cleanup.callback(durable.close)
        watch.start()
        self._cleanup.callback(watch.close)
        # Before the server stops: a run writes its log to it, and how it ended is saved with it.
        self._cleanup.callback(runs.close)

    def stop(self) -> None:
        """Save the state if it is kept, and end everything that was started."""
        self._cleanup.close()

    def _listener(self) -> socket.socket:
        try:
            return _listen(self._port)
        except EmbeddedAwsError:
            if not self._or_any_port:
                raise
            return _listen(0)

    def _prepare_state(self) -> Path:
        state = self._kept_state
        if state is None:
            temporary = tempfile.TemporaryDirectory(prefix="local-aws-", ignore_cleanup_errors=True)
            state = Path(self._cleanup.enter_context(temporary))
        try:
            claim(state)
            for name in ("tmp", "sagemaker"):
                (state / name).mkdir(parents=True, exist_ok=True)
            finish_commit(state)
        except OSError as error:
            raise EmbeddedAwsError(
                f"The state directory {state} cannot be written ({error.strerror}):"
                " name another, or make it writable."
            ) from error
        return state.resolve()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        # At once: until then, Linux lets another bind the same port.
        listener.listen()
    except OSError as error:
        listener.close()
        raise EmbeddedAwsError(
            f"Port {port} on 127.0.0.1 cannot be used ({str(error.strerror).lower()})"
            f"{_holder(port)}. Choose another with --port, or --port 0 for any free one."
        ) from error
    return listener


def _holder(port: int) -> str:
    holder = embedded_aws_on(port)
    if holder is None:
        return ""
    return (
        f": it is the port of the embedded AWS of {holder.state}, process {holder.pid}, which"
        f" `{command('down', Path(holder.state))}` stops"
    )


class _LogFile(logging.FileHandler):
    """A log whose lines are lost, and nothing else, on a disk that takes nothing more."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Print what went wrong, as logging does it, unless it is the disk."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)

    def close(self) -> None:
        """Let go of the file, whether or not the rest still goes into it."""
        with contextlib.suppress(OSError):
            super().close()


def _log_to(path: Path) -> Callable[[], None]:
    """Send every log record to a file; returns what undoes it."""
    root, level = logging.getLogger(), logging.getLogger().level
    handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # A line for every request that boto3 retries or signs would bury everything else.
    logging.getLogger("botocore").setLevel(logging.WARNING)

    def undo() -> None:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()

    return undo
