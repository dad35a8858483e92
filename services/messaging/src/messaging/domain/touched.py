"""Which messages of a conversation were changed, and when: changes have no place in the order of
messages, so a device that was away has to ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

MOST_KEPT = 500
"""Changes of one conversation; whoever missed more reads its pages anew."""
KEPT = timedelta(days=30)
"""After the last change; whoever was away for longer reads everything anew."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A message, by its place, and when somebody was about to change it."""

    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """The newest changes of a conversation, in the order they were noted."""

    conversation_id: UUID
    touches: Sequence[Touch]

    def since(self, at: datetime) -> Sequence[int] | None:
        """Places of the messages changed after a time, ascending; None where so many were that not
        all are known."""
        if len(self.touches) >= MOST_KEPT and all(touch.at > at for touch in self.touches):
            return None
        return sorted({touch.sequence for touch in self.touches if touch.at > at})
