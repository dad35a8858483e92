"""A conversation as one of its members, or somebody invited to it, is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from messaging.application.groups import title_of, with_end
from messaging.application.invitations import invited_of
from messaging.application.ports import Network
from messaging.application.queries import last_sequence, missing
from messaging.domain.availability import Availability
from messaging.domain.conversation import Conversation
from messaging.domain.seat import Mute, Seat, Standing, State, state_for


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation as one of its members is told of it. `inside` is False for who is invited
    only, by `inviter_id`; `invited_ids` are told to hosts."""

    conversation: Conversation
    last_sequence: int
    state: State
    mute: Mute | None
    available_from: datetime | None
    """When the other answers: no later than now if she does; None if that is not in sight, and of
    a group."""
    title: str = ""
    invited_ids: Sequence[UUID] = ()
    inside: bool = True
    inviter_id: UUID | None = None


async def shown_to(
    network: Network, conversation: Conversation, reader_id: UUID, now: datetime
) -> Shown:
    """A conversation as it is shown to who takes part in it, or is invited. Raises
    ConversationNotFound where she is neither by now."""
    seats = await network.sides.seats.of(conversation.id)
    if not conversation.is_pair:
        conversation, last = await with_end(network, conversation)
        return await group_shown(network, conversation, last, seats, reader_id, now)
    last = await last_sequence(network, conversation.id)
    said = await network.sides.availabilities.of(conversation.peers_of(reader_id))
    return pair_shown(conversation, last, seats, reader_id, now, said)


def pair_shown(  # all that is known of it
    conversation: Conversation, last: int, seats: Sequence[Seat], reader_id: UUID, now: datetime,
    said: Mapping[UUID, Availability],
) -> Shown:  # fmt: skip
    """A conversation of two, with what these said of when they answer."""
    times = [
        said[peer].next_from(now) if peer in said else now
        for peer in conversation.peers_of(reader_id)
    ]
    known = [at for at in times if at is not None]
    return Shown(
        conversation, last, state_for(reader_id, seats), _mute(reader_id, seats, now),
        min(known) if known else None,
    )  # fmt: skip


async def group_shown(  # all that is known of it
    network: Network, conversation: Conversation, last: int, seats: Sequence[Seat],
    reader_id: UUID, now: datetime,
) -> Shown:  # fmt: skip
    """A group or a room as it is now: one read for what it is called. Raises ConversationNotFound
    for who is neither in it nor may come."""
    roster = conversation.roster
    own = next((seat for seat in seats if seat.member_id == reader_id), None)
    inside = roster.since(reader_id) is not None
    if not inside and (own is None or not own.may_come):
        raise missing()
    title = await title_of(network, conversation)
    if inside:
        invited = invited_of(seats, roster) if reader_id in roster.host_ids else []
        mute = _mute(reader_id, seats, now)
        return Shown(conversation, last, State.OPEN, mute, None, title, invited)
    declined = own is not None and own.standing is Standing.DECLINED
    state = State.DECLINED if declined else State.RECEIVED
    inviter = own.inviter_id if own is not None else None
    return Shown(conversation, 0, state, None, None, title, (), False, inviter)


def _mute(reader_id: UUID, seats: Sequence[Seat], now: datetime) -> Mute | None:
    own = next((seat for seat in seats if seat.member_id == reader_id), None)
    return own.muted(now) if own is not None else None
