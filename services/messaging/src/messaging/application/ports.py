"""What messaging needs from the outside; each port is bound to one network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from messaging.application.ports_marks import Marks, ReceiptChoices
from messaging.application.ports_presence import Presences
from messaging.application.ports_reports import Reports
from messaging.application.ports_sides import Sides
from messaging.application.ports_touches import Touches
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Placed, Tail
from messaging.domain.reaction import Reaction
from messaging.domain.roster import Roster


class Taken(Exception):
    """A sequence number, client message id or row is in use: look again, then decide.

    `index` is the place of the refused one among those to be stored.
    """

    def __init__(self, index: int = 0) -> None:
        super().__init__(index)
        self.index = index


class Conversations(Protocol):
    """The conversations of one network."""

    async def get(self, id: UUID) -> Conversation | None:
        """The conversation, or None. Of a group, with a roster that held once: see `groups.py`."""
        ...

    async def add(self, conversations: Sequence[Conversation]) -> set[UUID]:
        """Store those that are not there; ids of those that were new."""
        ...

    async def keep(self, id: UUID, roster: Roster) -> None:
        """Show this roster of a group from now on, unless a later one is; who was ever in it is
        kept. What `get` gives is as new afterwards. Raises ConcurrentUpdate."""
        ...

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Conversation]]:
        """A member's conversations, latest opened first, each with its page token."""
        ...


class Messages(Protocol):
    """The messages of one network."""

    async def tail(self, conversation_id: UUID) -> Tail | None:
        """The end of a conversation; None when it is empty."""
        ...

    async def add(self, conversation: Conversation, placed: Placed) -> None:
        """Store a message or a notice with its events in one write. Raises Taken."""
        ...

    async def room(self) -> None:
        """Wait until many more may be stored at once. Raises Unavailable."""
        ...

    async def add_imported(self, rows: Sequence[ImportedRow]) -> None:
        """Store messages with their events, in order. Raises Taken; those before it are stored."""
        ...

    async def by_client_id(
        self, conversation_id: UUID, sender_id: UUID, client_message_id: str
    ) -> Message | None:
        """The message a device gave this id, or None."""
        ...

    async def get(self, conversation_id: UUID, message_id: UUID) -> Message | None:
        """A message of a conversation, or None."""
        ...

    async def change(self, conversation: Conversation, before: Message, after: Message) -> bool:
        """Store the next version of a message with its event and a trace of what it said, in one
        write. Whether it was still as before. Raises Unavailable while too many events wait."""
        ...

    async def react(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        """Add a reaction that `message` does not have, with its events, in one write. Whether it
        could: not if it is there by now, or the message has no words or no room any more. Raises
        Unavailable while too many events wait."""
        ...

    async def unreact(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        """Take a reaction away, with its event. Whether it was there. Raises Unavailable."""
        ...

    async def imported(self, first: str, last: str) -> Mapping[str, Message]:
        """The messages already brought in with keys from `first` to `last`, by key."""
        ...

    async def roster_at(self, conversation_id: UUID, sequence: int) -> Roster | None:
        """The roster that begins in this place; None if none does. No words are opened for it."""
        ...

    async def after(self, conversation_id: UUID, sequence: int, limit: int) -> Sequence[Message]:
        """Messages with a higher sequence number, ascending. A title that is damaged is empty."""
        ...

    async def before(
        self, conversation_id: UUID, sequence: int | None, limit: int
    ) -> Sequence[Message]:
        """Messages with a lower sequence number (None: from the end), descending."""
        ...

    async def unread(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int, limit: int
    ) -> int:
        """How many messages of others with these numbers (after < n <= upto) still have words; no
        more than `limit` are counted."""
        ...

    async def newest_of_others(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int
    ) -> UUID | None:
        """Who wrote the newest of the messages that `unread` counts; None when there is none."""
        ...


class Members(Protocol):
    """Who belongs to one network, as far as identity's events have told."""

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        """Those of `member_ids` who are not (yet) known in this network."""
        ...


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A message of a history in its place; `key` is source and row."""

    key: str
    conversation: Conversation
    placed: Placed


@dataclass(frozen=True, slots=True)
class Network:
    """Everything messaging keeps for one network."""

    id: UUID
    conversations: Conversations
    messages: Messages
    members: Members
    sides: Sides
    marks: Marks
    choices: ReceiptChoices
    reports: Reports
    presences: Presences
    touches: Touches
