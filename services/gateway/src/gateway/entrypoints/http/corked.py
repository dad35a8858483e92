"""Writing to a connection so that what is written in one go leaves in one system call.

uvicorn writes head and body of an answer apart, and uvloop sends each at once: a tenth of the
gateway's work for a message was the second call.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Corked:
    """A transport that sends what was written when the event loop turns next."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """See asyncio.WriteTransport."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def close(self) -> None:
        """See asyncio.BaseTransport; what was written is sent before."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting and not self._transport.is_closing():
            self._transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
