"""The devices that look on through this process, each with what it may yet have to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from common.auth import Caller
from common.errors import Limited

DEVICES_PER_MEMBER = 20


class TooManyDevices(Limited):
    """The member has as many devices on as she may have in one process."""

    reason = "TOO_MANY_SOCKETS"


class Over(Enum):
    """Why nothing more is sent to a device."""

    TOO_SLOW = "too_slow"
    SIGNED_OUT = "signed_out"
    REFUSED = "refused"
    LEAVING = "leaving"


OVER: Mapping[Over, tuple[int, str]] = {
    Over.TOO_SLOW: (4408, "read too slowly; ask for the messages you missed"),
    Over.SIGNED_OUT: (4401, "the session has ended; sign in again"),
    Over.REFUSED: (4403, "this account may not listen"),
    Over.LEAVING: (1012, "this process ends; connect again"),
}
"""As devices are told it: a close code of the WebSocket, and why."""


class Sink(Protocol):
    """The way to one device."""

    def write(self, frame: bytes) -> None:
        """Send a frame; never waits. Where the way is full, it tells the device so (`slow`)."""
        ...

    def gather(self, frame: bytes) -> None:
        """Send a frame while very many devices are told: perhaps a moment later, with what comes
        meanwhile, and always before what is written next."""
        ...

    def end(self, why: Over) -> None:
        """Send nothing more, and say why."""
        ...


class Device:
    """One device of a member.

    `catching` are conversations it is being told what it missed of, `missed` those in which it
    has to ask itself, because it read too slowly, `stale` those that changed themselves meanwhile,
    `ahead` those of which it knows more than was told here. It is `unsure` if changes may have been
    missed when it read too slowly to be told so.
    """

    __slots__ = ("ahead", "caller", "catching", "missed", "sink", "slow", "stale", "unsure", "work")

    def __init__(self, caller: Caller, sink: Sink) -> None:
        self.caller = caller
        self.sink = sink
        self.slow = False
        self.unsure = False
        self.catching: set[str] = set()
        self.missed: set[str] = set()
        self.stale: set[str] = set()
        self.ahead: Mapping[str, int] = {}
        self.work: set[asyncio.Task[None]] = set()
