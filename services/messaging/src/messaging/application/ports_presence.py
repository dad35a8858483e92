"""Where it is kept when members were last here; the port is bound to one network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Presences(Protocol):
    """Who shows when she was last here, and when that was."""

    async def shown(self, member_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """Those of `member_ids` who show it, each with the ten minutes she was last noted in."""
        ...

    async def choose(self, member_id: UUID, shown: bool, at: datetime) -> None:
        """Keep a choice. She is here now; of who does not show it nothing else is kept."""
        ...

    async def note(self, member_id: UUID, at: datetime) -> None:
        """She is here, if she shows it; an earlier time than was noted changes nothing."""
        ...
