"""The conversations of a member as she is shown them: talks on one list, requests on another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from messaging.application.groups import with_end
from messaging.application.ports import Network
from messaging.application.shown import Shown, group_shown, pair_shown, shown_to
from messaging.application.withholding import withheld_for, withheld_from_all
from messaging.domain.block import Withholding
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound
from messaging.domain.seat import Seat, State

MOST_READS = 10
"""A page is made of at most so many reads; then it is shorter than asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is on it, and where the next begins; None on the last."""

    shown: Sequence[Shown]
    rest: UUID | None


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
            shown = await _request(network, seat, now)
            if shown is not None:
                found.append((token, shown))
        if len(found) > size:
            return Page([shown for _, shown in found[:size]], found[size - 1][0])
        if len(batch) <= size:
            return Page([shown for _, shown in found], None)
        before = batch[-1][0]
    return Page([shown for _, shown in found], before)


async def _request(network: Network, seat: Seat, now: datetime) -> Shown | None:
    """Where somebody is asked, as she is shown it; None where she is not, or no more."""
    conversation = await network.conversations.get(seat.conversation_id)
    if conversation is None:
        return None
    if not conversation.is_pair:
        return await _invitation(network, conversation, seat, now)
    reader_id = seat.member_id
    if reader_id not in conversation.member_ids:
        return None
    shown = await shown_to(network, conversation, reader_id, now)
    withholding = await withheld_for(network, reader_id, conversation)
    if shown.state is not State.RECEIVED or _blocked(conversation, withholding):
        return None
    return shown if await _heard(network, conversation, withholding) else None


async def _invitation(
    network: Network, conversation: Conversation, seat: Seat, now: datetime
) -> Shown | None:
    """A group she is invited to, unless she blocks who did it, or who hosts it. Of an invitation
    that stands no more nothing is read."""
    if not seat.may_come:
        return None
    try:
        shown = await shown_to(network, conversation, seat.member_id, now)
    except ConversationNotFound:  # it was taken back meanwhile
        return None
    group = shown.conversation
    if shown.inside or not group.member_ids:
        return None
    about = {*group.roster.host_ids, *([seat.inviter_id] if seat.inviter_id else [])}
    blocks = await network.sides.blocks.of(seat.member_id, about)
    return None if any(one.holds for one in blocks.values()) else shown


async def _told(
    network: Network, batch: Sequence[tuple[UUID, Conversation]], reader_id: UUID, now: datetime
) -> list[tuple[UUID, Shown]]:
    seats, ends = await asyncio.gather(
        network.sides.seats.of_all([conversation for _, conversation in batch]),
        asyncio.gather(*(with_end(network, one) for _, one in batch)),
    )
    conversations = [conversation for conversation, _ in ends]
    withheld = await withheld_from_all(network, reader_id, conversations, seats)
    pairs = [one for one in conversations if one.is_pair]
    peers = {peer for one in pairs for peer in one.peers_of(reader_id)}
    said = await network.sides.availabilities.of(peers)
    found: list[tuple[UUID, Shown]] = []
    for (token, _), (one, last) in zip(batch, ends, strict=True):
        hers, withholding = seats.get(one.id, ()), withheld[one.id]
        left = any(seat.member_id == reader_id and seat.hides(last) for seat in hers)
        if left or reader_id not in one.member_ids:
            continue
        if not one.is_pair:
            shown = await group_shown(network, one, last, hers, reader_id, now)
            found.append((token, shown))
            continue
        shown = pair_shown(one, last, hers, reader_id, now, said)
        if shown.state not in (State.OPEN, State.REQUESTED):
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
