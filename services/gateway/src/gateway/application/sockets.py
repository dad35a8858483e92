"""Who looks on here right now: the open sockets of this process, by member."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from enum import Enum
from uuid import UUID

from common.auth import Caller
from common.errors import Limited

from gateway.telemetry import SOCKETS, count_push

QUEUE_FRAMES = 256
SOCKETS_PER_MEMBER = 16
Member = tuple[UUID, UUID]


class TooManySockets(Limited):
    """The member has as many sockets as she may have in one process."""

    reason = "TOO_MANY_SOCKETS"


class Over(Enum):
    """Why nothing more is sent to a device."""

    TOO_SLOW = "too_slow"
    SIGNED_OUT = "signed_out"


class Socket:
    """What waits to be sent to one device, until it is `over`, for good."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.frames: asyncio.Queue[str] = asyncio.Queue(QUEUE_FRAMES)
        self.over = asyncio.Event()
        self.why: Over | None = None

    def offer(self, frame: str) -> None:
        """Queue a frame; never waits, since one slow device must not hold up the others."""
        if self.over.is_set():
            return
        try:
            self.frames.put_nowait(frame)
            count_push("queued")
        except asyncio.QueueFull:
            self.end(Over.TOO_SLOW)
            count_push("overflow")

    def end(self, why: Over) -> None:
        """Send nothing more; the first reason stays."""
        if self.why is None:
            self.why = why
            self.over.set()


class Sockets:
    """The open sockets of this process."""

    def __init__(self) -> None:
        self._by_member: defaultdict[Member, set[Socket]] = defaultdict(set)

    def open(self, caller: Caller) -> Socket:
        """A new socket of the caller, to be closed. Raises TooManySockets."""
        mine = self._by_member[caller.network_id, caller.subject]
        if len(mine) >= SOCKETS_PER_MEMBER:
            raise TooManySockets(f"at most {SOCKETS_PER_MEMBER} sockets for one member")
        socket = Socket(caller)
        mine.add(socket)
        SOCKETS.inc()
        return socket

    def close(self, socket: Socket) -> None:
        """Forget an open socket."""
        member = socket.caller.network_id, socket.caller.subject
        self._by_member[member].remove(socket)
        if not self._by_member[member]:
            del self._by_member[member]
        SOCKETS.dec()

    def end(self, network_id: UUID, member_id: UUID, ended: Callable[[Caller], bool]) -> None:
        """Let go of those sockets of a member whose callers have been signed out."""
        for socket in self._by_member.get((network_id, member_id), ()):
            if ended(socket.caller):
                socket.end(Over.SIGNED_OUT)

    def present(self, network_id: UUID, member_ids: Iterable[UUID]) -> list[UUID]:
        """Those of the members who have a socket here, each once."""
        return [id for id in dict.fromkeys(member_ids) if (network_id, id) in self._by_member]

    def token(self, network_id: UUID, member_id: UUID) -> str | None:
        """The token of the member that lasts longest; None when she is not here any more."""
        mine = self._by_member.get((network_id, member_id))
        if not mine:
            return None
        return max((socket.caller for socket in mine), key=lambda one: one.expires_at).token

    def offer(self, network_id: UUID, member_id: UUID, frame: str) -> None:
        """Queue a frame for every socket of the member."""
        for socket in self._by_member.get((network_id, member_id), ()):
            socket.offer(frame)
