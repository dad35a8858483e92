"""A conversation: who takes part. Its id follows from who they are, so opening it twice is the
same as opening it once, from wherever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.errors import Invalid
from common.ids import named_id


@dataclass(frozen=True, slots=True)
class Conversation:
    """A private talk of two members."""

    id: UUID
    member_ids: tuple[UUID, ...]
    created_at: datetime

    @classmethod
    def between(cls, network_id: UUID, one: UUID, other: UUID, at: datetime) -> Conversation:
        """The conversation of two members. Raises Invalid if they are the same."""
        if one == other:
            raise Invalid("a conversation needs two members", field="member_id")
        first, second = sorted((one, other))
        return cls(named_id(network_id, "conversation", first, second), (first, second), at)

    def peers_of(self, member_id: UUID) -> tuple[UUID, ...]:
        """Everybody but `member_id`."""
        return tuple(other for other in self.member_ids if other != member_id)
