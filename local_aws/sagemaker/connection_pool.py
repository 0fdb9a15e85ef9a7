"""Keep-alive HTTP/1.1 connections from the event loop to one serving process.

A warm invocation must not pay for a new connection nor for a hop to a thread:
that is what keeps the emulator's own share of a call under a millisecond or two.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import h11

_READ_SIZE = 65536


@dataclass(frozen=True)
class ContainerResponse:
    """What a model's container answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection:
    """One connection, used by one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._state = h11.Connection(h11.CLIENT)
        self.is_fresh = True
        """Nothing was ever sent on it, so that a failure is not a stale keep-alive."""

    async def request(
        self, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> ContainerResponse:
        """Send one POST and read the whole answer."""
        request = h11.Request(method="POST", target=path, headers=list(headers))
        parts = (request, h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._state.send(part) or b"" for part in parts))
        status, answer_headers, chunks = 0, dict[str, str](), list[bytes]()
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(_READ_SIZE)
                if not data and status == 0:
                    raise ConnectionResetError("the serving process closed the connection")
                self._state.receive_data(data)
            elif isinstance(event, h11.Response):
                status = event.status_code
                answer_headers = {k.decode(): v.decode("latin-1") for k, v in event.headers}
            elif isinstance(event, h11.Data):
                chunks.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return ContainerResponse(status, answer_headers, b"".join(chunks))

    def reusable(self) -> bool:
        """Whether another request may follow; prepares the connection for it."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        self.is_fresh = False
        return True

    def close(self) -> None:
        self._writer.close()


class ConnectionPool:
    """Connections to 127.0.0.1:port; use it from one event loop only."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[_Connection] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def post(
        self, path: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float
    ) -> ContainerResponse:
        """Send one POST.

        Raises:
            TimeoutError: there was no whole answer within `timeout_s`.
            OSError: the serving process does not listen, or closed the connection.
            h11.RemoteProtocolError: its answer is not HTTP.
        """
        sent = {
            "host": f"127.0.0.1:{self._port}",
            "content-length": str(len(body)),
            **headers,
        }
        async with asyncio.timeout(timeout_s):
            while True:
                connection = await self._take()
                try:
                    answer = await connection.request(path, sent.items(), body)
                except (ConnectionError, h11.RemoteProtocolError):
                    connection.close()
                    # A kept-alive connection may have been closed while it was idle:
                    # the request was never read, so it goes out on another one.
                    if connection.is_fresh:
                        raise
                    continue
                except BaseException:
                    connection.close()
                    raise
                self._give_back(connection)
                return answer

    def close(self) -> None:
        """Close the connections that are idle, and each other one after its request.

        May be called from any thread.
        """
        self._closed = True
        if self._loop is not None:
            # The loop may be closed already, and its connections with it.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._close_idle)

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> _Connection:
        if self._idle:
            return self._idle.pop()
        self._loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        return _Connection(reader, writer)

    def _give_back(self, connection: _Connection) -> None:
        if connection.reusable() and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()
