"""A block: one member does not hear another, from a moment on and until another one.

It withholds by time: what was sent while it held is never shown to her, also not when it has ended.
Nobody else is told of it, and nothing the blocked member does is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid

from messaging.domain.message import Message

CLOCKS_DIFFER = timedelta(seconds=2)
"""A block holds from a little earlier on: a message that another process takes after it may have a
time before it."""
MOST_BLOCKS = 1_000
MOST_SPELLS = 20
"""Beyond, the two first become one: what was sent between them is withheld as well."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which it held; `until` is None while it does."""

    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether it held then."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Block:
    """All times, oldest first, in which `member_id` did not hear `blocked_id`."""

    member_id: UUID
    blocked_id: UUID
    spells: tuple[Spell, ...] = ()
    version: int = 0

    def __post_init__(self) -> None:
        """Raise Invalid for a member who blocks herself."""
        if self.member_id == self.blocked_id:
            raise Invalid("nobody blocks herself", field="member_id")

    @property
    def holds(self) -> bool:
        """Whether it does now."""
        return bool(self.spells) and self.spells[-1].until is None

    @property
    def begun_at(self) -> datetime:
        """When it began to hold, the last time it did."""
        return self.spells[-1].since + CLOCKS_DIFFER

    @property
    def changed_at(self) -> datetime:
        """When it last began or ended to hold."""
        return self.spells[-1].until or self.begun_at

    def covers(self, at: datetime) -> bool:
        """Whether what was sent then is withheld."""
        return any(spell.covers(at) for spell in self.spells)

    def begin(self, at: datetime) -> Block:
        """It holds from now on; where it does already, nothing changes."""
        if self.holds:
            return self
        spells = (*self.spells, Spell(at - CLOCKS_DIFFER))
        if len(spells) > MOST_SPELLS:
            first, second, *rest = spells
            spells = (Spell(first.since, second.until), *rest)
        return replace(self, spells=spells, version=self.version + 1)

    def end(self, at: datetime) -> Block:
        """It holds no more; where it does not, nothing changes."""
        if not self.holds:
            return self
        ended = replace(self.spells[-1], until=at)
        return replace(self, spells=(*self.spells[:-1], ended), version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Withholding:
    """What of a conversation its reader is not to see. Places are kept: sequences have no gap.

    `deaf`: she has not agreed to it, nor is she asked. `blocks` are hers, by whom she blocked.
    """

    reader_id: UUID
    deaf: bool
    blocks: Mapping[UUID, Block]

    def hushes(self, member_id: UUID) -> bool:
        """Whether nothing this member does now is told to the reader."""
        block = self.blocks.get(member_id)
        return member_id != self.reader_id and (self.deaf or (block is not None and block.holds))

    def covers(self, sender_id: UUID, at: datetime) -> bool:
        """Whether what this member sent then is withheld; never what the reader wrote herself."""
        if sender_id == self.reader_id:
            return False
        block = self.blocks.get(sender_id)
        return self.deaf or (block is not None and block.covers(at))

    def hides(self, message: Message) -> bool:
        """Whether a message is withheld as it is now: it was sent, or its words were given to it,
        while its reader did not hear its author."""
        times = (message.created_at, message.edited_at)
        return any(at is not None and self.covers(message.sender_id, at) for at in times)

    def heard(self, message: Message) -> Message:
        """A message without reactions of who is not heard."""
        kept = tuple(one for one in message.reactions if not self.hushes(one.member_id))
        return message if kept == message.reactions else replace(message, reactions=kept)
