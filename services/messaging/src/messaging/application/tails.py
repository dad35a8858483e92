"""Ends of conversations, remembered so that sending is one write, and locks so that two sends
of this process do not race for one sequence number.

The database decides: its unique index on the sequence refuses a number that another process took
meanwhile; then the tail is forgotten and read again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from uuid import UUID

from messaging.domain.message import Tail

MAX_SLOTS = 100_000


class Slot:
    """One conversation's lock and, if known, its tail (`known` and None: it is empty)."""

    __slots__ = ("known", "lock", "tail")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.known = False
        self.tail: Tail | None = None

    def remember(self, tail: Tail | None) -> None:
        """The tail is this."""
        self.known, self.tail = True, tail

    def forget(self) -> None:
        """The tail must be read again."""
        self.known, self.tail = False, None


class Tails:
    """Slots by conversation; the least recently used idle ones are dropped beyond `most`."""

    def __init__(self, most: int = MAX_SLOTS) -> None:
        self._most = most
        self._slots: OrderedDict[UUID, Slot] = OrderedDict()

    @asynccontextmanager
    async def hold(self, conversation_id: UUID) -> AsyncIterator[Slot]:
        """The conversation's slot, locked; forgotten if the block fails or is cancelled."""
        slot = self._slot(conversation_id)
        async with slot.lock:
            try:
                yield slot
            except BaseException:
                slot.forget()
                raise

    @asynccontextmanager
    async def hold_all(self, conversation_ids: Iterable[UUID]) -> AsyncIterator[dict[UUID, Slot]]:
        """Several slots, locked in one order everywhere so that nobody waits in a circle."""
        async with AsyncExitStack() as stack:
            held = {}
            for conversation_id in sorted(set(conversation_ids)):
                held[conversation_id] = await stack.enter_async_context(self.hold(conversation_id))
            yield held

    def _slot(self, conversation_id: UUID) -> Slot:
        slot = self._slots.get(conversation_id)
        if slot is None:
            slot = self._slots[conversation_id] = Slot()
            self._trim()
        self._slots.move_to_end(conversation_id)
        return slot

    def _trim(self) -> None:
        """Drop the oldest that nobody holds; never the newest, which is about to be held."""
        excess = len(self._slots) - self._most
        if excess > 0:
            others = islice(self._slots.items(), len(self._slots) - 1)
            idle = (id for id, slot in others if not slot.lock.locked())
            for id in list(islice(idle, excess)):
                del self._slots[id]
