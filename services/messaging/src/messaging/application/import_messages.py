"""Bring in a history: many messages with their original times, in the order of the source, each
at most once however often the history is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
MAX_GAP = 100  # rows further apart are looked for apart: what lies between is not read


def row_key(source: str, number: int) -> str:
    """What makes a row the same when it comes again; keys of a source sort by number."""
    return f"{source}:{number:012d}"


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
        return row_key(self.source, self.number)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were new and how many were there."""

    created: int
    existing: int


async def import_messages(
    network: Network, tails: Tails, rows: Sequence[Row], begin: Callable[[], Awaitable[None]]
) -> Imported:
    """Store the rows that are not there yet; `begin` is done before the first of them is.

    Raises MemberNotFound and MessageIdReused, each naming the row; the rows before it are stored.
    Raises ConcurrentUpdate when live senders keep interfering, and Unavailable when events cannot
    be published; send the rows again.
    """
    good, unknown = await _known_members(network, rows)
    missing, reused = await _missing(network, good)
    created = len(missing)
    for _ in range(TRIES):
        try:
            # Whoever sends may go away in the middle: what is begun is finished, or it would be
            # published long after what comes next.
            await asyncio.shield(_store(network, tails, missing, begin))
            break
        except Taken as taken:
            await _check_client_id(network, missing[taken.index])
            missing, reused = await _missing(network, good)
    else:
        raise ConcurrentUpdate("others write to these conversations; send the rows again")
    if problem := reused or unknown:
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


async def _store(
    network: Network, tails: Tails, rows: Sequence[Row], begin: Callable[[], Awaitable[None]]
) -> None:
    """Store rows that are missing, in their order. Raises Taken; those before it are stored."""
    if not rows:
        return
    await begin()
    await network.messages.room()  # before anything is locked: senders do not wait for it
    conversations: dict[UUID, Conversation] = {}
    for row in rows:
        conversations.setdefault(row.conversation.id, row.conversation)
    async with tails.hold_all(conversations) as slots:
        unread = [conversations[id] for id, slot in slots.items() if not slot.known]
        new = await network.conversations.add(unread) if unread else set()
        for conversation in unread:
            empty = conversation.id in new
            tail = None if empty else await network.messages.tail(conversation.id)
            slots[conversation.id].remember(tail)
        placed = [_place(row, slots[row.conversation.id]) for row in rows]
        await network.messages.add_imported(placed)


async def _missing(
    network: Network, rows: Sequence[Row]
) -> tuple[Sequence[Row], MessageIdReused | None]:
    """The rows to be stored before the first whose number has other content, and what to say."""
    present: dict[str, Message] = {}
    for low, high in _ranges(sorted({row.number for row in rows})):
        keys = (row_key(rows[0].source, number) for number in (low, high))
        present |= await network.messages.imported(*keys)
    missing: dict[str, Row] = {}
    for row in rows:
        if message := present.get(row.key):
            known = message.conversation_id == row.conversation.id and message.says(row.draft)
            same = known or message.erased  # what was erased is not brought in again
        else:
            first = missing.setdefault(row.key, row)
            same = first.conversation.id == row.conversation.id and first.draft == row.draft
        if not same:
            return list(missing.values()), _reused(row)
    return list(missing.values()), None


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as ranges, none of which spans what was not asked for by much."""
    first = 0
    for index, number in enumerate(numbers):
        if index + 1 == len(numbers) or numbers[index + 1] - number > MAX_GAP:
            yield numbers[first], number
            first = index + 1


async def _check_client_id(network: Network, row: Row) -> None:
    """Raise MessageIdReused if the row's client message id stands for something else."""
    message = await network.messages.by_client_id(
        row.conversation.id, row.draft.sender_id, row.draft.client_message_id
    )
    if message is not None and not message.says(row.draft):
        raise _reused(row)


def _reused(row: Row) -> MessageIdReused:
    text = "this row was brought in before with other content; use another source name"
    return MessageIdReused(text, row=str(row.number))


def _place(row: Row, slot: Slot) -> ImportedRow:
    placed = place(row.draft, new_id(), row.conversation.id, slot.tail)
    slot.remember(placed.message.tail)
    return ImportedRow(row.key, row.conversation, placed)


def conversation_for(network_id: UUID, draft: Draft, recipient_id: UUID) -> Conversation:
    """The conversation a row belongs to. Raises Invalid if somebody writes to herself."""
    return Conversation.between(network_id, draft.sender_id, recipient_id, draft.created_at)
