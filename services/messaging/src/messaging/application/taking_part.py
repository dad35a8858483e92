"""Accept, decline and leave: in a group by its roster, else on one's own side alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.auth import Access

from messaging.application import sides
from messaging.application.invitations import change_seat_of, invitation_of, seen_by
from messaging.application.noting import Writing, note
from messaging.application.queries import conversation_of, missing
from messaging.domain.conversation import Conversation, ConversationKind
from messaging.domain.errors import ConversationNotFound
from messaging.domain.roster import joined, left
from messaging.domain.seat import Seat, Standing


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
    caller = access.caller.subject
    if await invitation_of(network, conversation, caller) is not None:
        conversation = await note(
            writing, conversation, caller, at,
            lambda now, sequence: joined(now.roster, caller, sequence),
        )  # fmt: skip
    try:
        await change_seat_of(
            network, conversation, caller, at, lambda seat: _agreed(seat, at), _by_notice
        )
    except ConversationNotFound:  # it was taken back meanwhile, and that was before this
        await _go(writing, conversation, caller, at)
        raise
    return conversation


async def decline(writing: Writing, access: Access, conversation_id: UUID, at: datetime) -> None:
    """The caller does not want it, and who asked is not told.

    Raises Forbidden, ConversationNotFound, ConversationNotRequested, ConcurrentUpdate, Unavailable.
    """
    network, caller = writing.network, access.caller.subject
    conversation = await seen_by(network, conversation_id, access)
    if conversation.roster.since(caller) is not None or conversation.is_pair:
        await sides.decline(network, access, conversation_id, at)
        return
    await change_seat_of(
        network,
        conversation,
        caller,
        at,
        lambda seat: seat.stand(Standing.DECLINED, at),
        lambda _: True,
    )


async def leave(writing: Writing, access: Access, conversation_id: UUID, at: datetime) -> None:
    """The caller goes; of a pair or a room it is off her list until somebody writes.

    Raises Forbidden, ConversationNotFound, ConcurrentUpdate, Unavailable.
    """
    conversation = await conversation_of(writing.network, conversation_id, access)
    if conversation.kind is ConversationKind.GROUP:
        caller = access.caller.subject
        await change_seat_of(
            writing.network, conversation, caller, at, lambda seat: seat.out(at), _by_notice
        )
        await _go(writing, conversation, caller, at)
    else:
        await sides.leave(writing.network, access, conversation_id, at)


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
    if seat.version and not seat.invited and seat.inviter_id is not None:
        raise missing()
    return seat.stand(Standing.ACCEPTED, at)
