"""Bring in a history: many messages with their original times, in the order of the source, each
at most once however often the history is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import new_id

from messaging.application.ports import ImportedRow, Network, Taken
from messaging.application.tails import Slot, Tails
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MemberNotFound, MessageIdReused
from messaging.domain.message import Draft, Message, place

TRIES = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One message of the source; `number` is its place there, from 1."""

    number: int
    source: str
    conversation: Conversation
    draft: Draft

    @property
    def key(self) -> str:
        """What makes it the same row when it comes again; keys of a source sort by row."""
        return f"{self.source}:{self.number:012d}"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were new and how many were there."""

    created: int
    existing: int


async def import_messages(network: Network, tails: Tails, rows: Sequence[Row]) -> Imported:
    """Store the rows that are not there yet.

    Raises MemberNotFound and MessageIdReused, each naming the row; the rows before it are stored.
    Raises ConcurrentUpdate when live senders keep interfering; send the rows again.
    """
    good, problem = await _known_members(network, rows)
    created = 0
    for _ in range(TRIES):
        try:
            created += await _store(network, tails, good)
            break
        except Taken:
            continue
    else:
        raise ConcurrentUpdate("others write to these conversations; send the rows again")
    if problem is not None:
        raise problem
    return Imported(created, len(rows) - created)


async def _known_members(
    network: Network, rows: Sequence[Row]
) -> tuple[Sequence[Row], MemberNotFound | None]:
    """The rows before the first one that names somebody unknown, and what to say about that one."""
    unknown = await network.members.unknown(
        {m for row in rows for m in row.conversation.member_ids}
    )
    for index, row in enumerate(rows):
        if not unknown.isdisjoint(row.conversation.member_ids):
            error = MemberNotFound("no such member in your network", row=str(row.number))
            return rows[:index], error
    return rows, None


async def _store(network: Network, tails: Tails, rows: Sequence[Row]) -> int:
    """Store what is missing; how many rows that was. Raises Taken, MessageIdReused."""
    keys = sorted(row.key for row in rows)
    present = await network.messages.imported(keys[0], keys[-1]) if keys else {}
    missing, problem = _missing(rows, present)
    conversations = {row.conversation.id: row.conversation for row in missing}
    async with tails.hold_all(conversations) as slots:
        unread = [conversations[id] for id, slot in slots.items() if not slot.known]
        new = await network.conversations.add(unread) if unread else set()
        for conversation in unread:
            empty = conversation.id in new
            tail = None if empty else await network.messages.tail(conversation.id)
            slots[conversation.id].remember(tail)
        placed = [_place(row, slots[row.conversation.id]) for row in missing]
        if placed:
            await network.messages.add_imported(placed)
    if problem is not None:
        raise problem
    return len(missing)


def _missing(
    rows: Sequence[Row], present: Mapping[str, Message]
) -> tuple[Sequence[Row], MessageIdReused | None]:
    missing = []
    for row in rows:
        message = present.get(row.key)
        if message is None:
            missing.append(row)
        elif not message.says(row.draft) or message.conversation_id != row.conversation.id:
            text = "this row was brought in before with other content; use another source name"
            return missing, MessageIdReused(text, row=str(row.number))
    return missing, None


def _place(row: Row, slot: Slot) -> ImportedRow:
    placed = place(row.draft, new_id(), row.conversation.id, slot.tail)
    slot.remember(placed.message.tail)
    return ImportedRow(row.key, row.conversation, placed)


def conversation_for(network_id: UUID, draft: Draft, recipient_id: UUID) -> Conversation:
    """The conversation a row belongs to. Raises Invalid if somebody writes to herself."""
    return Conversation.between(network_id, draft.sender_id, recipient_id, draft.created_at)
