"""Where legal holds are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from identity.domain.deed import Done
from identity.domain.hold import Holds


class HoldBook(Protocol):
    """The holds of one network, one document per member."""

    async def get(self, member_id: UUID) -> Holds:
        """The member's; none, at version 0, when there never was any."""
        ...

    async def save(self, holds: Holds, done: Done) -> None:
        """Store the next version, the first too, with who did it, in one write.

        Raises ConcurrentUpdate, or Unavailable while too many of its events wait.
        """
        ...

    async def page(self, after: UUID | None, size: int) -> Sequence[Holds]:
        """Up to `size` members with holds, lowest id first, beginning after `after`."""
        ...

    async def forget(self, member_id: UUID) -> bool:
        """Delete the member's; false, and nothing happens, while events of it wait to be told."""
        ...
