"""Changes in memory, held to the contract of the database (service/test_touches_kept.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from messaging.domain.touched import MOST_KEPT, Touch, Touched


class FakeTouches:
    """Implements ports_touches.Touches."""

    def __init__(self) -> None:
        self.all: dict[UUID, list[Touch]] = {}

    async def note(self, conversation_id: UUID, touch: Touch) -> None:
        there = [*self.all.get(conversation_id, ()), touch]
        self.all[conversation_id] = there[-MOST_KEPT:]

    async def since(self, conversation_ids: Collection[UUID], at: datetime) -> Sequence[Touched]:
        last = {id: max(touch.at for touch in touches) for id, touches in self.all.items()}
        found = [id for id in conversation_ids if id in last and last[id] > at]
        found.sort(key=lambda id: (-last[id].timestamp(), id))
        return [Touched(id, self.all[id]) for id in found]
