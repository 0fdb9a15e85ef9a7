"""Serves endpoints with processes on this machine, and swaps them without a gap."""

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from local_aws.sagemaker.data_capture import CaptureSettings, DataCapture
from local_aws.sagemaker.deployment import Deployment
from local_aws.sagemaker.endpoint import Variant
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.fleet import Fleet, Lease, Traffic
from local_aws.sagemaker.ml_root import MlRoot
from local_aws.sagemaker.model_access import fetch_model
from local_aws.sagemaker.roles import ExecutionRole
from local_aws.sagemaker.rollout import Step
from local_aws.sagemaker.serving_process import BLAZINGTEXT_SERVE, ServingProcess

# An invocation lasts at most 60 s (API reference, InvokeEndpoint).
INVOCATION_TIMEOUT_S = 60.0

_LOOK_INTERVAL_S = 0.1
# One that ends again and again is started after 0, 0.5, 1, 2, ... seconds, as containers are.
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
# It serves nobody yet, and whoever retires the fleet waits for it.
_UNHEALTHY_GRACE_S = 1.0
# After this long a process has proved itself, and its next end is the first again.
_STEADY_S = 60.0

_log = logging.getLogger(__name__)


class ProcessHosting:
    """Puts a fleet of serving processes behind each endpoint."""

    def __init__(
        self,
        *,
        roles: Callable[[str], ExecutionRole],
        directory: Path,
        report: Callable[[str], None],
        program: Sequence[str] = BLAZINGTEXT_SERVE,
        startup_timeout_s: float | None = None,
    ) -> None:
        """Serve endpoints.

        Args:
            roles: assumes a model's execution role by ARN.
            directory: holds each model's files while it is served.
            report: takes one line for each event that a person cares about.
            program: the container's serve program.
            startup_timeout_s: overrides how long a variant may take to answer /ping.
        """
        self._roles, self._directory, self._report = roles, directory, report
        self._program, self._startup_timeout_s = program, startup_timeout_s
        self.data_capture = DataCapture(roles, report)
        self._lock = threading.Lock()
        self._serving: dict[str, Traffic] = {}
        self._cancel: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def deploy(self, deployment: Deployment) -> None:
        """Start the new fleet on a thread; the old one serves until the new one answers."""
        cancelled = threading.Event()
        with self._lock:
            if overtaken := self._cancel.get(deployment.endpoint_name):
                overtaken.set()
            self._cancel[deployment.endpoint_name] = cancelled
        self._spawn(self._deploy, deployment, cancelled)

    def remove(self, endpoint_name: str) -> None:
        """Take the endpoint out of service, then end its processes on a thread."""
        with self._lock:
            if pending := self._cancel.pop(endpoint_name, None):
                pending.set()
            traffic = self._serving.pop(endpoint_name, None)
        if traffic is not None:
            for fleet in traffic.fleets():
                self._spawn(self._retire, fleet)
            self._report(f"endpoint {endpoint_name} deleted")

    def lease(self, endpoint_name: str, target: str | None) -> Lease | None:
        """Choose the process for a request and count the request as in flight.

        The caller calls `end_request()` on the process when it has its answer.

        Returns:
            None when the endpoint does not serve.

        Raises:
            KeyError: there is no variant of that name.
        """
        with self._lock:
            traffic = self._serving.get(endpoint_name)
            if traffic is None:
                return None
            fleet = traffic.pick()
            name = fleet.pick(target)
            process = fleet.processes[name]
            process.begin_request()
            return Lease(
                variant=name,
                process=process,
                config_name=fleet.config_name,
                instances=fleet.instances[name],
                capture=fleet.capture,
                in_rollout=traffic.coming is not None,
            )

    def weigh(self, endpoint_name: str, weights: Mapping[str, float]) -> None:
        """Give variants that serve other weights."""
        with self._lock:
            if traffic := self._serving.get(endpoint_name):
                traffic.fleet.weights |= weights

    def wait(self, timeout_s: float) -> None:
        """Wait until no deployment is under way."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """End every process, at once; what was captured is written first."""
        self.data_capture.close()
        with self._lock:
            fleets = [fleet for one in self._serving.values() for fleet in one.fleets()]
            self._serving = {}
            for pending in self._cancel.values():
                pending.set()
        for fleet in fleets:
            self._spawn(self._retire, fleet, 0.2)
        for thread in self._threads:
            thread.join(5.0)

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="hosting", daemon=True)
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _deploy(self, deployment: Deployment, cancelled: threading.Event) -> None:
        name, started = deployment.endpoint_name, time.monotonic()
        root = self._directory / f"{name}-{uuid.uuid4().hex[:8]}"
        capture = CaptureSettings.of(deployment.capture_config, deployment.variants[0].role_arn)
        fleet = Fleet(root, deployment.config_name, capture)
        try:
            for variant in deployment.variants:
                self._start_variant(name, variant, fleet, cancelled)
        except Exception as error:
            _log.exception("endpoint %s", name)
            self._retire(fleet, 0.0)
            reason = error.message if isinstance(error, SageMakerError) else str(error)
            if not cancelled.is_set():
                self._report(f"endpoint {name} failed: {reason}")
            deployment.failed(reason)
            return
        with self._lock:
            overtaken = cancelled.is_set()
            if not overtaken:
                traffic = self._serving.setdefault(name, Traffic(fleet))
                traffic.coming = None if traffic.fleet is fleet else fleet
                self._keep(name, deployment.variants, fleet)
        if overtaken:
            self._retire(fleet, 0.0)
        elif traffic.fleet is fleet:
            deployment.in_service()
            self._report(f"endpoint {name} in service ({time.monotonic() - started:.1f} s)")
        else:
            self._roll_out(deployment, traffic, cancelled, started)

    def _roll_out(
        self,
        deployment: Deployment,
        traffic: Traffic,
        cancelled: threading.Event,
        started: float,
    ) -> None:
        """Move the traffic from the old fleet to the new one; or back, and end the new one."""
        name = deployment.endpoint_name

        def shift(step: Step) -> None:
            with self._lock:
                traffic.share = step.share
            deployment.shifted(step)
            if step.share < 1:
                percent = f"{100 * step.share:.0f} % of the traffic"
                self._report(f"endpoint {name}: {percent} goes to {deployment.config_name}")

        failure = deployment.rollout.carry_out(
            shift=shift,
            tripped=deployment.tripped,
            wait=cancelled.wait,
            clock=time.monotonic,
            started=started,
        )
        if failure is not None:
            deployment.rolling_back(failure)
        with self._lock:
            # Whoever gave the deployment up ends both fleets.
            if cancelled.is_set() or traffic.coming is None:
                return
            ended = traffic.fleet if failure is None else traffic.coming
            traffic.fleet = traffic.coming if failure is None else traffic.fleet
            traffic.coming, traffic.share = None, 0.0
        if failure is None:
            deployment.in_service()
            self._report(f"endpoint {name} in service ({time.monotonic() - started:.1f} s)")
            self._retire(ended)
        else:
            self._report(f"endpoint {name} is rolled back: {failure}")
            self._retire(ended)
            deployment.failed(failure)

    def _keep(self, endpoint_name: str, variants: Iterable[Variant], fleet: Fleet) -> None:
        # Not among the threads of deployments: they last as long as the fleet.
        for variant in variants:
            keeper = threading.Thread(
                target=self._keep_serving,
                args=(endpoint_name, variant, fleet),
                name="keep-serving",
                daemon=True,
            )
            fleet.keepers.append(keeper)
            keeper.start()

    def _start_variant(
        self, endpoint_name: str, variant: Variant, fleet: Fleet, cancelled: threading.Event
    ) -> None:
        root = MlRoot(fleet.root / variant.name)
        if variant.model_data_url is not None:
            archive = fleet.root / f"{variant.name}.tar.gz"
            fetch_model(variant, archive, self._roles)
            root.unpack_model(archive)
            archive.unlink()
        process = self._start_process(variant, fleet)
        fleet.processes[variant.name] = process
        fleet.weights[variant.name] = variant.weight
        fleet.instances[variant.name] = variant.instances
        try:
            process.wait_until_healthy(
                self._startup_timeout_s or variant.startup_timeout_s, cancelled
            )
        except SageMakerError as error:
            raise SageMakerError(
                error.code,
                f"The primary container for production variant {variant.name} did not pass the"
                f" ping health check. Please check CloudWatch logs for endpoint {endpoint_name}:"
                f" {error.message}",
            ) from error

    def _start_process(self, variant: Variant, fleet: Fleet) -> ServingProcess:
        return ServingProcess(
            program=self._program,
            ml_root=MlRoot(fleet.root / variant.name).path,
            environment=variant.environment,
            log_path=fleet.root / f"{variant.name}.log",
        )

    def _keep_serving(self, endpoint_name: str, variant: Variant, fleet: Fleet) -> None:
        """Start the variant's process again whenever it has ended, until the fleet retires."""
        delay_s, served_since = 0.0, time.monotonic()
        while not fleet.retired.wait(_LOOK_INTERVAL_S):
            ended = fleet.processes[variant.name]
            if ended.is_running():
                continue
            what = f"endpoint {endpoint_name}: the process of variant {variant.name} ended"
            if time.monotonic() - served_since > _STEADY_S:
                delay_s = 0.0
            if fleet.retired.wait(delay_s):
                return
            delay_s = min(max(2 * delay_s, _FIRST_DELAY_S), _LONGEST_DELAY_S)
            try:
                self._replace_process(variant, fleet)
            except (SageMakerError, OSError) as error:
                _log.exception("%s", what)
                if not fleet.retired.is_set():
                    reason = error.message if isinstance(error, SageMakerError) else error
                    self._report(f"{what} and cannot be started again: {reason}")
            else:
                self._report(f"{what} with status {ended.status}; it was started again")
            served_since = time.monotonic()

    def _replace_process(self, variant: Variant, fleet: Fleet) -> None:
        process = self._start_process(variant, fleet)
        try:
            process.wait_until_healthy(
                self._startup_timeout_s or variant.startup_timeout_s, fleet.retired
            )
        except SageMakerError:
            process.stop(grace_s=_UNHEALTHY_GRACE_S)
            raise
        with self._lock:
            ended, fleet.processes[variant.name] = fleet.processes[variant.name], process
        ended.stop()

    def _retire(self, fleet: Fleet, drain_s: float = INVOCATION_TIMEOUT_S) -> None:
        """Let the requests in flight finish, end the processes, remove the files."""
        fleet.retired.set()
        # None of them may start a process that nobody would end.
        for keeper in fleet.keepers:
            keeper.join()
        for process in fleet.processes.values():
            process.drain(drain_s)
            process.stop()
        shutil.rmtree(fleet.root, ignore_errors=True)
