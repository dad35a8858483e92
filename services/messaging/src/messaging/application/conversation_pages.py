"""The conversations of a member as she is shown them: talks on one list, requests on another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from messaging.application.ports import Network
from messaging.application.queries import last_sequence
from messaging.application.withholding import withheld_for, withheld_from_all
from messaging.domain.availability import Availability
from messaging.domain.block import Withholding
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
    available_from: datetime | None
    """When the other answers: no later than now if she does; None if that is not in sight."""


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
    said = await network.sides.availabilities.of(conversation.peers_of(reader_id))
    return _shown(conversation, last, seats, reader_id, now, said)


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
            if conversation is None or reader_id not in conversation.member_ids:
                continue
            shown = await shown_to(network, conversation, reader_id, now)
            withholding = await withheld_for(network, reader_id, conversation)
            if shown.state is not State.RECEIVED or _blocked(conversation, withholding):
                continue
            if await _heard(network, conversation, withholding):
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
    withheld = await withheld_from_all(network, reader_id, conversations, seats)
    peers = {peer for one in conversations for peer in one.peers_of(reader_id)}
    said = await network.sides.availabilities.of(peers)
    found: list[tuple[UUID, Shown]] = []
    for (token, one), last in zip(batch, ends, strict=True):
        hers, withholding = seats.get(one.id, ()), withheld[one.id]
        shown = _shown(one, last, hers, reader_id, now, said)
        left = any(seat.member_id == reader_id and seat.hides(last) for seat in hers)
        if shown.state not in (State.OPEN, State.REQUESTED) or left:
            continue
        if _blocked(one, withholding):
            continue
        if not _opened_unheard(one, withholding) or await _heard(network, one, withholding):
            found.append((token, shown))
    return found


def _blocked(conversation: Conversation, withholding: Withholding) -> bool:
    """Whether its reader blocks who she would talk with."""
    peers = conversation.peers_of(withholding.reader_id)
    return all(peer in withholding.blocks and withholding.blocks[peer].holds for peer in peers)


def _opened_unheard(conversation: Conversation, withholding: Withholding) -> bool:
    """Whether it was opened while its reader did not hear the other, so that she may not know."""
    peers, at = conversation.peers_of(withholding.reader_id), conversation.created_at
    return any(withholding.covers(peer, at) for peer in peers)


async def _heard(network: Network, conversation: Conversation, withholding: Withholding) -> bool:
    """Whether there is a last message, and it is for its reader's eyes."""
    last = await network.messages.before(conversation.id, None, 1)
    return any(not withholding.hides(one) for one in last)


def _shown(  # all that is known of it
    conversation: Conversation, last: int, seats: Sequence[Seat], reader_id: UUID, now: datetime,
    said: Mapping[UUID, Availability],
) -> Shown:  # fmt: skip
    own = next((seat for seat in seats if seat.member_id == reader_id), None)
    times = [
        said[peer].next_from(now) if peer in said else now
        for peer in conversation.peers_of(reader_id)
    ]
    known = [at for at in times if at is not None]
    return Shown(
        conversation, last, state_for(reader_id, seats),
        own.muted(now) if own is not None else None, min(known) if known else None,
    )  # fmt: skip
