"""What is for very many devices leaves together with what comes within the next moments.

Telling a thousand sockets one message takes a thousand system calls, some 8 ms of them, whatever is
in them; while they are made, more has come. So a crowd's frames gather for three times as long as
it last took to send them, and each socket is given all of its own in one call. Whoever is not in a
crowd waits for nothing.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from typing import Protocol

LEAST_SECONDS, MOST_SECONDS = 0.005, 0.030
_TEXT_AND_LAST = 0x81
_TWO_BYTES, _EIGHT_BYTES = 126, 127


class Socket(Protocol):
    """Who has frames that wait."""

    def send_gathered(self) -> None:
        """Send all of them."""
        ...

    def failed(self, error: Exception) -> None:
        """They could not be sent."""
        ...


class Gathering:
    """All who have frames that wait."""

    def __init__(self) -> None:
        self._waiting: dict[Socket, None] = {}
        self._loop = asyncio.get_running_loop()
        self._seconds = LEAST_SECONDS

    def add(self, socket: Socket) -> None:
        """Let it send in a moment: once, however often this is said until then. What fails for one
        is told to that one, and nobody behind it goes without."""
        if not self._waiting:
            self._loop.call_later(self._seconds, self._send)
        self._waiting[socket] = None

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, {}
        begun = time.perf_counter()
        for socket in waiting:
            try:
                socket.send_gathered()
            except Exception as error:
                self._loop.call_soon(socket.failed, error)
        took = time.perf_counter() - begun
        self._seconds = min(max(3 * took, LEAST_SECONDS), MOST_SECONDS)


@lru_cache(16)  # everybody in a crowd is told the same
def as_text(frames: tuple[bytes, ...]) -> bytes:
    """Texts as unmasked WebSocket frames, one after the other (RFC 6455 section 5.2)."""
    return b"".join(part for frame in frames for part in (_head(len(frame)), frame))


def _head(size: int) -> bytes:
    if size < _TWO_BYTES:
        return bytes((_TEXT_AND_LAST, size))
    if size < 1 << 16:
        return bytes((_TEXT_AND_LAST, _TWO_BYTES)) + size.to_bytes(2, "big")
    return bytes((_TEXT_AND_LAST, _EIGHT_BYTES)) + size.to_bytes(8, "big")
