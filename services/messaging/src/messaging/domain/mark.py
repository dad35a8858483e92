"""A mark: how far a member has got in a conversation. It only goes forward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Mark:
    """All up to `delivered` has arrived on a device of hers, and she has seen all up to `read`.

    `version` is 0 as long as nothing is stored of it.
    """

    conversation_id: UUID
    member_id: UUID
    delivered: int = 0
    read: int = 0
    version: int = 0

    def moved(self, *, delivered: int, read: int) -> Mark:
        """This one further on: itself when neither is ahead. What is read is delivered."""
        read = max(self.read, read)
        delivered = max(self.delivered, delivered, read)
        if (delivered, read) == (self.delivered, self.read):
            return self
        return replace(self, delivered=delivered, read=read, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Unread:
    """What a member has not read; `more` when there may be more than counted."""

    count: int = 0
    more: bool = False
