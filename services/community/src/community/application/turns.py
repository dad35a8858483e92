"""Turns: what needs the next number of a post or circle waits for what was here before it.

This only spares this process races with itself; the database's unique indexes decide.
"""

from __future__ import annotations

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """A lock for each id, there while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def of(self, id: UUID) -> asyncio.Lock:
        """The lock of this id: `async with turns.of(post_id)`."""
        return self._locks.setdefault(id, asyncio.Lock())
