"""State that outlives the process, whatever ends it: saved while it runs, put right later."""

import asyncio
import functools
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from local_aws.ministack.log_events import LogEvents
from local_aws.ministack.recovery import StackRecovery, interrupted_stacks
from local_aws.ministack.state import (
    METRICS,
    MinistackState,
    forget_unsaved_buckets,
    unchanging,
)
from local_aws.ministack.state_files import commit
from local_aws.ministack.state_saver import StateSaver
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import SageMakerService

Result = TypeVar("Result")

_SAGEMAKER = "sagemaker/sagemaker.json"
_RESTORE_TIMEOUT_S = 240.0
# 2 % of one processor at most.
_PAUSE_PER_FILE_OF_METRICS = 50.0


class EventLoop(Protocol):
    """Where ministack's operations take their steps."""

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function there, between two steps of everything else."""


class DurableState:
    """The state of ministack and SageMaker in one directory, always as of one moment."""

    def __init__(
        self, root: Path, service: SageMakerService, report: Callable[[str], None]
    ) -> None:
        """Prepare to keep state; ministack must have been imported.

        Args:
            root: the state directory; a cut-short commit has been finished there.
            service: SageMaker.
            report: takes one line for each event that a person cares about.
        """
        self._root, self._service, self._report = root, service, report
        self._logs = LogEvents(root)
        self._ministack = MinistackState(self._logs)
        self._saver = StateSaver(self._save, report)
        self._written: dict[str, bytes] = {}
        self._metrics_due = 0.0
        self._closing = False
        self._recoveries: list[asyncio.Task[None]] = []
        self._loop: EventLoop | None = None

    def noticing(self, application: Any) -> Any:
        """An ASGI application, each of whose requests may have changed something."""

        async def noticed(scope: dict[str, Any], receive: Any, send: Any) -> None:
            try:
                await application(scope, receive, send)
            finally:
                self._saver.touch()

        return noticed

    def hurry(self) -> None:
        """Something has happened that somebody will soon rely on."""
        self._saver.hurry()

    def restore(self, loop: EventLoop) -> None:
        """Take over what was saved; returns when everything that served serves again.

        Stacks that were being changed are brought to an end in the background, as
        CloudFormation does it.
        """
        self._loop = loop
        loop.call(self._logs.restore)
        for name in loop.call(forget_unsaved_buckets):
            self._report(f"bucket {name} was created last, and not saved: it is gone")
        saved = self._root / _SAGEMAKER
        if saved.exists():
            self._service.restore(json.loads(saved.read_text(encoding="utf-8")))
            self._service.wait_until_restored(_RESTORE_TIMEOUT_S)
        loop.call(self._recover_stacks)
        self._saver.start()
        self._saver.touch()

    def close(self) -> None:
        """Save what has changed last.

        Raises:
            StateNotSavedError: it cannot be saved.
        """
        self._closing = True
        self._saver.close()

    def _recover_stacks(self) -> None:
        for account, region, stack in interrupted_stacks():
            what = f"stack {stack['StackName']} was in {stack['StackStatus']}"
            self._report(f"{what} when the embedded AWS ended: it is brought to an end")
            find = functools.partial(self._service.stack_resources, Scope(account, region))
            recovery = StackRecovery(find, self._report).recover(account, region, stack)
            task = asyncio.get_running_loop().create_task(recovery)
            self._recoveries.append(task)

    def _save(self) -> bool:
        if self._loop is None:
            return False
        states, planes = self._loop.call(self._copy)
        # Not on the event loop: there may be many.
        events = self._logs.new()
        metrics_wait = METRICS in states and not self._are_metrics_due()
        if metrics_wait:
            del states[METRICS]
        files = {
            f"ministack/{name}.json": self._encode(name, state) for name, state in states.items()
        }
        files[_SAGEMAKER] = json.dumps(planes).encode()
        digests = {name: hashlib.blake2b(content).digest() for name, content in files.items()}
        changed = {
            name: content
            for name, content in files.items()
            if digests[name] != self._written.get(name)
        }
        if events is not None:
            changed[events.name] = events.content
        if changed:
            commit(self._root, changed)
            self._written |= digests
            self._ministack.saved()
        if events is not None:
            self._logs.written(events)
        return bool(changed) or metrics_wait

    def _are_metrics_due(self) -> bool:
        """Whether it is their turn: all of them are written each time that there are new ones."""
        return self._closing or time.monotonic() >= self._metrics_due

    def _encode(self, name: str, state: Any) -> bytes:
        started = time.monotonic()
        encoded = self._ministack.encode(name, state)
        if name == METRICS:
            ended = time.monotonic()
            self._metrics_due = ended + (ended - started) * _PAUSE_PER_FILE_OF_METRICS
        return encoded

    def _copy(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return self._ministack.copy(), unchanging(self._service.snapshot)
