"""Serves an ASGI application from a thread."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from hypercorn.asyncio import serve
from hypercorn.config import Config

_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 4.0
_CALL_TIMEOUT_S = 30.0

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class HttpServer:
    """Hypercorn with ministack's application, on an event loop of its own thread."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        self._application, self._listener = application, listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shutdown = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="embedded-aws", daemon=True)

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT_S) or self._error is not None:
            raise RuntimeError(f"The HTTP server did not start: {self._error}")

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function on the event loop, between two steps of everything that runs there.

        Raises:
            RuntimeError: the server has ended.
            TimeoutError: the event loop is blocked.
        """
        if self._loop is None or self._loop.is_closed():
            raise RuntimeError("The HTTP server has ended.")

        async def calling() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(calling(), self._loop).result(_CALL_TIMEOUT_S)

    def stop(self) -> None:
        """Finish the requests in flight, and end the thread."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._shutdown.set)
        self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            _log.exception("the embedded AWS's server ended")
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await serve(self._application, self._config(), shutdown_trigger=self._wait_for_shutdown)

    async def _wait_for_shutdown(self) -> None:
        self._ready.set()
        await self._shutdown.wait()

    def _config(self) -> Config:
        config = Config()
        # Hypercorn closes the descriptor, so it must own it.
        config.bind = [f"fd://{self._listener.detach()}"]
        config.keep_alive_timeout = 75
        config.graceful_timeout = 1.0
        config.loglevel = "WARNING"
        return config
