"""Accept, decline and leave: in a group by its roster, else on one's own side alone."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from common.auth import Access

from messaging.application import sides
from messaging.application.invitations import change_seat_of, invitation_of, seen_by
from messaging.application.noting import Writing, note
from messaging.application.ports import Network
from messaging.application.queries import conversation_of, missing
from messaging.domain.conversation import Conversation, ConversationKind
from messaging.domain.errors import ConversationNotFound
from messaging.domain.roster import joined, left
from messaging.domain.seat import Seat, Standing, not_requested


async def accept(
    writing: Writing, access: Access, conversation_id: UUID, at: datetime
) -> Conversation:
    """The caller agrees, and is in the group she was asked into.

    Raises Forbidden, ConversationNotFound, GroupFull, ConcurrentUpdate, Unavailable.
    """
    network = writing.network
    conversation = await seen_by(network, conversation_id, access)
    if conversation.kind is not ConversationKind.GROUP:
        return await sides.accept(network, access, conversation_id, at)
    # Whoever accepts may go away in the middle: between her notice and her seat she is in a group
    # that she may have no business in.
    return await asyncio.shield(_come(writing, conversation, access.caller.subject, at))


async def _come(
    writing: Writing, conversation: Conversation, member_id: UUID, at: datetime
) -> Conversation:
    """She is in the group, or out again if her invitation was taken back before her seat was
    stored, also where storing it failed: whoever took it back was answered."""
    network = writing.network
    try:
        if await invitation_of(network, conversation, member_id) is not None:
            conversation = await note(
                writing, conversation, member_id, at,
                lambda now, sequence: joined(now.roster, member_id, sequence),
            )  # fmt: skip
        await change_seat_of(
            network, conversation, member_id, at, lambda seat: _agreed(seat, at), _by_notice
        )
    except Exception:
        seats = await network.sides.seats.of(conversation.id)
        if any(one.member_id == member_id and _taken_back(one) for one in seats):
            await _go(writing, conversation, member_id, at)
        raise
    return conversation


async def decline(writing: Writing, access: Access, conversation_id: UUID, at: datetime) -> None:
    """The caller does not want it, and who asked is not told.

    Raises Forbidden, ConversationNotFound, ConversationNotRequested, ConcurrentUpdate, Unavailable.
    """
    network, caller = writing.network, access.caller.subject
    conversation = await seen_by(network, conversation_id, access)
    if conversation.is_pair:
        await sides.decline(network, access, conversation_id, at)
        return
    if conversation.roster.since(caller) is not None:
        raise not_requested()  # whatever her seat says, which is stored after she came
    await change_seat_of(
        network,
        conversation,
        caller,
        at,
        lambda seat: seat.stand(Standing.DECLINED, at),
        lambda _: True,
    )


async def leave(writing: Writing, access: Access, conversation_id: UUID, at: datetime) -> None:
    """The caller goes; of a pair or a room it is off her list until somebody writes. Who went from
    a group and tries again has gone: nothing changes.

    Raises Forbidden, ConversationNotFound, ConcurrentUpdate, Unavailable.
    """
    caller = access.caller.subject
    try:
        conversation = await conversation_of(writing.network, conversation_id, access)
    except ConversationNotFound:
        if await _went(writing.network, conversation_id, caller):
            return
        raise
    if conversation.kind is ConversationKind.GROUP:
        await change_seat_of(
            writing.network, conversation, caller, at, lambda seat: seat.gone(at), _by_notice
        )
        await _go(writing, conversation, caller, at)
    else:
        await sides.leave(writing.network, access, conversation_id, at)


async def _went(network: Network, conversation_id: UUID, member_id: UUID) -> bool:
    """Whether somebody who is not in a conversation was in it, and it is a group."""
    conversation = await network.conversations.get(conversation_id)
    if conversation is None or conversation.kind is not ConversationKind.GROUP:
        return False
    seats = await network.sides.seats.of(conversation_id)
    return any(one.member_id == member_id and one.went for one in seats)


async def _go(writing: Writing, conversation: Conversation, member_id: UUID, at: datetime) -> None:
    await note(
        writing, conversation, member_id, at,
        lambda now, sequence: left(now.roster, member_id, sequence),
    )  # fmt: skip


def _by_notice(_: Seat) -> bool:
    """That she came or went is told by its notice."""
    return False


def _agreed(seat: Seat, at: datetime) -> Seat:
    """A seat of who came in. Raises ConversationNotFound if she may not have."""
    if _taken_back(seat):
        raise missing()
    return seat.stand(Standing.ACCEPTED, at)


def _taken_back(seat: Seat) -> bool:
    """Whether she was invited once and is not any more."""
    return bool(seat.version) and not seat.invited and seat.inviter_id is not None
