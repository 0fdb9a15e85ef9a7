"""What CloudWatch does on its own: it takes in what services report, and evaluates the alarms."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator

from ministack.core.responses import set_request_account_id, set_request_region

from local_aws.ministack.alarms import Alarms
from local_aws.ministack.embedded_metrics import EmbeddedMetrics
from local_aws.ministack.minute_metrics import Datum, MinuteMetrics
from local_aws.sagemaker.invocation_metrics import NAMESPACE
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import SageMakerService

_INTERVAL_S = 1.0

_log = logging.getLogger(__name__)


class MetricWatch:
    """A thread that does so once a second."""

    def __init__(
        self,
        service: SageMakerService,
        embedded: EmbeddedMetrics,
        alarms: Alarms,
        changed: Callable[[], None],
    ) -> None:
        """Prepare to watch.

        Args:
            service: SageMaker, whose invocations are counted.
            embedded: what functions have logged.
            alarms: what is evaluated.
            changed: called when the state of an alarm has changed.
        """
        self._service, self._embedded, self._alarms = service, embedded, alarms
        self._changed = changed
        self._metrics = MinuteMetrics()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metric-watch", daemon=True)

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    def close(self) -> None:
        """Take in what was reported last, and end."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            ending = self._closing.wait(_INTERVAL_S)
            try:
                self._metrics.add(self._reported())
                for scope in self._alarms.scopes():
                    if contextvars.copy_context().run(self._evaluate, scope):
                        self._changed()
            except Exception:
                _log.exception("CloudWatch")
            if ending:
                return

    def _evaluate(self, scope: Scope) -> bool:
        set_request_account_id(scope.account)
        set_request_region(scope.region)
        return self._alarms.evaluate(scope, time.time())

    def _reported(self) -> Iterator[Datum]:
        yield from self._embedded.take()
        for scope, invocation in self._service.invocations():
            for dimensions in invocation.dimensions():
                for name, unit, value in invocation.values():
                    yield Datum(scope, NAMESPACE, name, dimensions, unit, value, invocation.at)
