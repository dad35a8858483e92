"""Writing to a connection so that what is written in one go leaves in one system call.

uvicorn writes head and body of an answer apart, and uvloop sends each at once: a tenth of the
gateway's work for a message was the second call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

MOST_BYTES = 64 * 1024


class Corked:
    """A transport that sends what was written when the event loop turns next.

    Or at once when it is much, so that a slow reader is felt: only a transport that has something
    to send tells its protocol to pause.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    @property
    def beneath(self) -> asyncio.Transport:
        """The transport, everything that was written being sent."""
        self._send()
        return self._transport

    def write(self, data: bytes) -> None:
        """See asyncio.WriteTransport."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= MOST_BYTES:
            self._send()

    def writelines(self, parts: Iterable[bytes]) -> None:
        """See asyncio.WriteTransport."""
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        """See asyncio.WriteTransport; what was written is sent before."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """See asyncio.BaseTransport; what was written is sent before."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)

    def _send(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting and not self._transport.is_closing():
            self._transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
