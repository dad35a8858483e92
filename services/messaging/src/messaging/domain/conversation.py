"""A conversation: who takes part. A pair's id follows from who they are, so opening it twice is the
same as opening it once, from wherever; a group's from who opened it, a room's from its circle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid
from common.ids import named_id

from messaging.domain.roster import NOBODY, Roster

NEVER = 2**63 - 1
"""A place beyond all others."""


class ConversationKind(StrEnum):
    """Among whom it is."""

    PAIR = "pair"
    GROUP = "group"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A private talk: of two who stay the same, or of those on a roster, as far as it is known."""

    id: UUID
    member_ids: tuple[UUID, ...]
    created_at: datetime
    kind: ConversationKind = ConversationKind.PAIR
    roster: Roster = NOBODY
    circle_id: UUID | None = None

    @classmethod
    def between(cls, network_id: UUID, one: UUID, other: UUID, at: datetime) -> Conversation:
        """The conversation of two members. Raises Invalid if they are the same."""
        if one == other:
            raise Invalid("a conversation needs two members", field="member_id")
        first, second = sorted((one, other))
        return cls(named_id(network_id, "conversation", first, second), (first, second), at)

    @classmethod
    def group(
        cls, network_id: UUID, opener: UUID, client_group_id: str, at: datetime
    ) -> Conversation:
        """A group that nobody is in yet."""
        id = named_id(network_id, "group", opener, client_group_id)
        return cls(id, (), at, ConversationKind.GROUP)

    @classmethod
    def room(cls, network_id: UUID, circle_id: UUID, at: datetime) -> Conversation:
        """The room of a circle, that nobody is in yet."""
        id = named_id(network_id, "room", circle_id)
        return cls(id, (), at, ConversationKind.ROOM, circle_id=circle_id)

    @property
    def is_pair(self) -> bool:
        """Whether it is of two members, always the same."""
        return self.kind is ConversationKind.PAIR

    def under(self, roster: Roster) -> Conversation:
        """The same with those on this roster."""
        return replace(self, roster=roster, member_ids=roster.member_ids)

    def peers_of(self, member_id: UUID) -> tuple[UUID, ...]:
        """Everybody but `member_id`."""
        return tuple(other for other in self.member_ids if other != member_id)

    def first_for(self, member_id: UUID) -> int:
        """The first place there is for a member of it; for nobody else there is any."""
        return 1 if self.is_pair else self.roster.since(member_id) or NEVER

    def shown(self, sequence: int) -> tuple[UUID, ...]:
        """Those in it for whom there is this place."""
        if self.is_pair:
            return self.member_ids
        return tuple(one.member_id for one in self.roster.stays if one.since <= sequence)
