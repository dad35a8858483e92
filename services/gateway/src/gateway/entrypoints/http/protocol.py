"""uvicorn's HTTP protocol, where it has no limits or no problem+json of its own."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from common.errors import DomainError
from common.problem import CONTENT_TYPE
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from gateway.application.connections import Connections, TooManyConnections
from gateway.entrypoints.http.corked import Corked
from gateway.entrypoints.http.errors import HeadersTooLarge, HeadTooSlow, RequestMalformed
from gateway.entrypoints.http.problems import encoded, problem_of
from gateway.entrypoints.http.upgrade import Upgrade
from gateway.telemetry import CONNECTIONS, count_limited

MOST_HEAD_BYTES = 32 * 1024  # and what the last read brought besides


class HttpProtocol(HttpToolsProtocol):
    """Refuses a head that is too large, too slow, or no HTTP, and one connection too many; closes
    what says nothing at all."""

    head_seconds = 10.0

    def __init__(self, open_connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._open = open_connections
        self._owner: str | None = None  # for whom it is counted
        self._in_head = False
        self._handed_over = False
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(cast(asyncio.Transport, Corked(transport, self.loop)))
        try:
            self._owner = self._open.open(self.client[0] if self.client else "")
        except TooManyConnections as error:
            count_limited("connections")
            self._refuse(error)
            return
        CONNECTIONS.set(len(self._open))
        self._timer = self.loop.call_later(self.timeout_keep_alive, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._stop_timer()
        super().connection_lost(exc)
        self._lost()

    def handle_websocket_upgrade(self) -> None:
        """See uvicorn. It is the same connection, whoever is told of its end."""
        super().handle_websocket_upgrade()
        self._handed_over = True
        taken = self.transport.get_protocol()
        if isinstance(taken, Upgrade):
            taken.lost = self._lost

    def on_message_begin(self) -> None:
        """See httptools."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol. What is complete, as heads nearly always are, costs a flag."""
        begun = self._in_head
        super().data_received(data)
        if self._handed_over or self.transport.is_closing():
            return
        if not self._in_head:
            if self._timer is None and self._nothing_asked():
                # Bytes that begin no request; uvicorn takes them for one, and would wait for ever.
                self._timer = self.loop.call_later(self.timeout_keep_alive, self.transport.close)
            return
        if not begun:
            self._stop_timer()
            self._timer = self.loop.call_later(self.head_seconds, self._too_slow)
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(HeadersTooLarge("the head of the request is too large"))

    def _nothing_asked(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is None or cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is no HTTP."""
        self._refuse(RequestMalformed("what was sent is not HTTP/1.1"))

    def _too_slow(self) -> None:
        self._refuse(HeadTooSlow("the head of the request did not arrive in time"))

    def _refuse(self, error: DomainError) -> None:
        problem = problem_of(error)
        body = encoded(problem)
        wait = "retry-after: 1\r\n" if problem.status == 429 else ""
        head = (
            f"{wait}content-type: {CONTENT_TYPE}\r\ncontent-length: {len(body)}\r\n"
            "cache-control: no-store\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[problem.status] + head.encode() + body)
        self.transport.close()

    def _lost(self) -> None:
        if self._owner is not None:
            self._open.close(self._owner)
            self._owner = None
            CONNECTIONS.set(len(self._open))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
