"""The conversations of a member as she is shown them: talks on one list, requests on another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from messaging.application.ports import Network
from messaging.application.queries import last_sequence
from messaging.domain.conversation import Conversation
from messaging.domain.seat import Mute, Seat, State, state_for

MOST_READS = 10
"""A page is made of at most so many reads; then it is shorter than asked for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation as one of its members is told of it."""

    conversation: Conversation
    last_sequence: int
    state: State
    mute: Mute | None


@dataclass(frozen=True, slots=True)
class Page:
    """What is on it, and where the next begins; None on the last."""

    shown: Sequence[Shown]
    rest: UUID | None


async def shown_to(
    network: Network, conversation: Conversation, reader_id: UUID, now: datetime
) -> Shown:
    """A conversation as it is shown to who takes part in it."""
    seats = await network.sides.seats.of(conversation.id)
    last = await last_sequence(network, conversation.id)
    return _shown(conversation, last, seats, reader_id, now)


async def talks(
    network: Network, reader_id: UUID, before: UUID | None, size: int, now: datetime
) -> Page:
    """Those that are open and those she asked for, latest opened first; not those she left."""
    found: list[tuple[UUID, Shown]] = []
    for _ in range(MOST_READS):
        batch = await network.conversations.page(reader_id, before, size + 1)
        found += await _told(network, batch, reader_id, now)
        if len(found) > size:
            return Page([shown for _, shown in found[:size]], found[size - 1][0])
        if len(batch) <= size:
            return Page([shown for _, shown in found], None)
        before = batch[-1][0]
    return Page([shown for _, shown in found], before)


async def requests(
    network: Network, reader_id: UUID, before: UUID | None, size: int, now: datetime
) -> Page:
    """Where others ask her, latest first, once they wrote something."""
    found: list[tuple[UUID, Shown]] = []
    for _ in range(MOST_READS):
        batch = await network.sides.seats.asked(reader_id, before, size + 1)
        for token, seat in batch:
            conversation = await network.conversations.get(seat.conversation_id)
            if conversation is not None and reader_id in conversation.member_ids:
                shown = await shown_to(network, conversation, reader_id, now)
                if shown.last_sequence and shown.state is State.RECEIVED:
                    found.append((token, shown))
        if len(found) > size:
            return Page([shown for _, shown in found[:size]], found[size - 1][0])
        if len(batch) <= size:
            return Page([shown for _, shown in found], None)
        before = batch[-1][0]
    return Page([shown for _, shown in found], before)


async def _told(
    network: Network, batch: Sequence[tuple[UUID, Conversation]], reader_id: UUID, now: datetime
) -> list[tuple[UUID, Shown]]:
    conversations = [conversation for _, conversation in batch]
    seats, ends = await asyncio.gather(
        network.sides.seats.of_all(conversations),
        asyncio.gather(*(last_sequence(network, one.id) for one in conversations)),
    )
    found: list[tuple[UUID, Shown]] = []
    for (token, one), last in zip(batch, ends, strict=True):
        hers = seats.get(one.id, ())
        shown = _shown(one, last, hers, reader_id, now)
        left = any(seat.member_id == reader_id and seat.hides(last) for seat in hers)
        if shown.state in (State.OPEN, State.REQUESTED) and not left:
            found.append((token, shown))
    return found


def _shown(
    conversation: Conversation, last: int, seats: Sequence[Seat], reader_id: UUID, now: datetime
) -> Shown:
    own = next((seat for seat in seats if seat.member_id == reader_id), None)
    return Shown(
        conversation, last, state_for(reader_id, seats), own.muted(now) if own is not None else None
    )
