"""Where messaging keeps which messages were changed lately."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from messaging.domain.touched import Touch, Touched


class Touches(Protocol):
    """The changes of one network's messages."""

    async def note(self, conversation_id: UUID, touch: Touch) -> None:
        """A message is about to be changed. Noted before it is, so that no change goes unnoted;
        one that then does not happen is no harm."""
        ...

    async def since(self, conversation_ids: Collection[UUID], at: datetime) -> Sequence[Touched]:
        """Those of these conversations in which something was noted after a time; the latest
        first."""
        ...
