"""A member's own side of a conversation: agreeing, declining, muting, leaving."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate

from messaging.application.ports import Network
from messaging.application.queries import conversation_of, last_sequence
from messaging.domain.contact import standing_of
from messaging.domain.conversation import Conversation
from messaging.domain.errors import AnswerAwaited
from messaging.domain.seat import MOST_ASKING, Seat, Standing

TRIES = 5


async def accept(
    network: Network, access: Access, conversation_id: UUID, at: datetime
) -> Conversation:
    """The caller agrees. Raises Forbidden, ConversationNotFound, ConcurrentUpdate."""
    return await _change(network, access, conversation_id, at, _agree(at))


async def decline(network: Network, access: Access, conversation_id: UUID, at: datetime) -> None:
    """The caller does not want it.

    Raises Forbidden, ConversationNotFound, ConversationNotRequested, ConcurrentUpdate.
    """
    await _change(network, access, conversation_id, at, lambda seat: seat.decline(at))


async def mute(
    network: Network, access: Access, conversation_id: UUID, until: datetime | None, at: datetime
) -> Conversation:
    """No sound for the caller.

    Raises Forbidden, ConversationNotFound, Invalid, ConcurrentUpdate.
    """
    return await _change(
        network, access, conversation_id, at, lambda seat: seat.mute_until(until, at)
    )


async def unmute(
    network: Network, access: Access, conversation_id: UUID, at: datetime
) -> Conversation:
    """With sound again. Raises Forbidden, ConversationNotFound, ConcurrentUpdate."""
    return await _change(network, access, conversation_id, at, lambda seat: seat.unmute(at))


async def leave(network: Network, access: Access, conversation_id: UUID, at: datetime) -> None:
    """Off the caller's list. Raises Forbidden, ConversationNotFound, ConcurrentUpdate."""
    last = await last_sequence(network, conversation_id)
    await _change(network, access, conversation_id, at, lambda seat: seat.leave(last, at))


async def seat_both(
    network: Network, conversation: Conversation, caller: UUID, peer: UUID, at: datetime
) -> None:
    """The caller opens the conversation, so she agrees to it; her peer does, or is asked, as her
    rule says. Who agrees needs no seat for it.

    The seats come before the conversation: of who dies in between nothing is open.
    Raises ConcurrentUpdate.
    """
    sides, id = network.sides, conversation.id
    rule = await sides.rules.get(peer)
    standing = standing_of(rule, await sides.ties.between(caller, peer))
    opened = Seat(id, caller, at, version=1)
    await sides.seats.add(opened)  # or who opens it at the same time would find her not asked yet
    if standing is not Standing.ACCEPTED:
        await sides.seats.add(Seat(id, peer, at, standing, version=1))
    await change_seat(network, conversation, caller, at, _agree(at))
    await change_seat(
        network, conversation, peer, at, lambda seat: _reconsidered(seat, standing, at)
    )


async def bound_for(
    network: Network, conversation: Conversation, sender_id: UUID, at: datetime
) -> int | None:
    """The highest sequence number the sender may write now; None where both have agreed, which is
    all that is looked at then. Who was asked agrees by writing. Raises ConcurrentUpdate."""
    seats = network.sides.seats
    if await seats.settled(conversation.id):
        return None
    await change_seat(network, conversation, sender_id, at, _agree(at))
    asking = [seat for seat in await seats.of(conversation.id) if not seat.agreed]
    return MOST_ASKING if asking else None


async def agree(
    network: Network, conversation: Conversation, member_id: UUID, at: datetime
) -> None:
    """What she does is a yes; nothing is written where she agreed. Raises ConcurrentUpdate."""
    if conversation.is_pair and not await network.sides.seats.settled(conversation.id):
        await change_seat(network, conversation, member_id, at, _agree(at))


async def has_agreed(network: Network, conversation: Conversation, member_id: UUID) -> bool:
    """Whether she did, so that others may find signs of her in the conversation. Who is in a group
    has."""
    seats = network.sides.seats
    if not conversation.is_pair or await seats.settled(conversation.id):
        return True
    return all(
        seat.agreed for seat in await seats.of(conversation.id) if seat.member_id == member_id
    )


def answer_awaited() -> AnswerAwaited:
    """What somebody is told who wants to write more than a request holds."""
    return AnswerAwaited(
        f"a request holds {MOST_ASKING} messages: wait until she accepts",
        most=str(MOST_ASKING),
    )


async def change_seat(
    network: Network, conversation: Conversation, member_id: UUID, at: datetime,
    change: Callable[[Seat], Seat],
) -> None:  # fmt: skip
    """Change a member's seat in a pair. Her devices are told, and of a yes, and of nothing else,
    those of whoever asked. Raises ConcurrentUpdate, Unavailable, what `change` does."""

    def told(before: Seat, after: Seat) -> Collection[UUID]:
        return conversation.member_ids if after.agreed and not before.agreed else [member_id]

    await change_seat_telling(network, conversation, member_id, at, change, told)


async def change_seat_telling(
    network: Network, conversation: Conversation, member_id: UUID, at: datetime,
    change: Callable[[Seat], Seat], told: Callable[[Seat, Seat], Collection[UUID]],
) -> Seat:  # fmt: skip
    """A member's seat once it is changed, made if she has none; `told` says of what it was and is
    whose devices are. Raises ConcurrentUpdate, Unavailable, what `change` does."""
    seats = network.sides.seats
    for _ in range(TRIES):
        found = {seat.member_id: seat for seat in await seats.of(conversation.id)}
        before = found.get(member_id) or Seat(conversation.id, member_id, at)
        after = change(before)
        if after is before:
            return after
        try:
            await seats.save(after, told(before, after))
        except ConcurrentUpdate:
            continue
        return after
    raise ConcurrentUpdate("changed at the same time; try again")


async def _change(
    network: Network, access: Access, conversation_id: UUID, at: datetime,
    change: Callable[[Seat], Seat],
) -> Conversation:  # fmt: skip
    conversation = await conversation_of(network, conversation_id, access)
    await change_seat(network, conversation, access.caller.subject, at, change)
    return conversation


def _agree(at: datetime) -> Callable[[Seat], Seat]:
    return lambda seat: seat.stand(Standing.ACCEPTED, at)


def _reconsidered(seat: Seat, standing: Standing, at: datetime) -> Seat:
    """What opening again does to who has not agreed: whoever may write directly by now need not
    ask; who was not shown it is, if her rule says so now. A no stays one."""
    if standing is Standing.ACCEPTED:
        return seat.stand(standing, at)
    if seat.standing is Standing.UNHEARD:
        return seat.stand(standing, at)
    return seat
