"""What hosts of a group do: ask others in, take members out, call it something else, and make
others hosts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.errors import Invalid

from messaging.application.groups import title_of
from messaging.application.invitations import ask_in, change_seat_of, hears_of_it
from messaging.application.noting import Writing, note
from messaging.application.ports import Network
from messaging.application.queries import conversation_of, require_part
from messaging.domain.conversation import Conversation, ConversationKind
from messaging.domain.errors import MemberNotFound, NotAGroup, NotAHost
from messaging.domain.roster import Notice, NoticeKind, check_title, hosted, left, renamed


async def invite_members(
    writing: Writing, access: Access, conversation_id: UUID, member_ids: Collection[UUID],
    at: datetime,
) -> Conversation:  # fmt: skip
    """Ask these in; who is in it, or was asked, stays so.

    Raises Forbidden, Invalid, ConversationNotFound, NotAGroup, NotAHost, MemberNotFound, GroupFull,
    ConcurrentUpdate, Unavailable.
    """
    conversation = await _hosted(writing.network, access, conversation_id)
    others = [id for id in dict.fromkeys(member_ids) if conversation.roster.since(id) is None]
    await ask_in(writing.network, conversation, access.caller.subject, others, at)
    return conversation


async def rename_group(
    writing: Writing, access: Access, conversation_id: UUID, title: str, at: datetime
) -> Conversation:
    """Call it this; where it is called so, nothing changes.

    Raises Forbidden, Invalid, ConversationNotFound, NotAGroup, NotAHost, ConcurrentUpdate.
    """
    check_title(title)
    known = await _hosted(writing.network, access, conversation_id)
    same = await title_of(writing.network, known) == title

    def change(now: Conversation, sequence: int) -> Notice | None:
        _require_host(writing.network, now, access)
        unchanged = same and now.roster.title_at == known.roster.title_at
        return None if unchanged else renamed(now.roster, title, sequence)

    return await note(writing, known, access.caller.subject, at, change)


async def remove_member(
    writing: Writing, access: Access, conversation_id: UUID, member_id: UUID, at: datetime
) -> Conversation:
    """Take her out, or her invitation back; of who is neither nothing changes. The invitation
    first, so that she cannot come in again.

    Raises Forbidden, Invalid, ConversationNotFound, NotAGroup, NotAHost, ConcurrentUpdate,
    Unavailable.
    """
    known = await _hosted(writing.network, access, conversation_id)
    if member_id == access.caller.subject:
        raise Invalid("who goes herself leaves", field="member_id")
    heard = await hears_of_it(writing.network, known, member_id, access.caller.subject)
    came = known.roster.since(member_id) is not None
    await change_seat_of(
        writing.network, known, member_id, at, lambda seat: seat.out(at, came=came), heard
    )

    def change(now: Conversation, sequence: int) -> Notice | None:
        _require_host(writing.network, now, access)
        return left(now.roster, member_id, sequence, NoticeKind.REMOVED)

    return await note(writing, known, access.caller.subject, at, change)


async def add_host(
    writing: Writing, access: Access, conversation_id: UUID, member_id: UUID, at: datetime
) -> Conversation:
    """She hosts it, too; where she does, nothing changes.

    Raises Forbidden, ConversationNotFound, NotAGroup, NotAHost, MemberNotFound, ConcurrentUpdate.
    """
    known = await _hosted(writing.network, access, conversation_id)

    def change(now: Conversation, sequence: int) -> Notice | None:
        _require_host(writing.network, now, access)
        if now.roster.since(member_id) is None:
            raise MemberNotFound("no such member in this group", field="member_id")
        return hosted(now.roster, member_id, sequence)

    return await note(writing, known, access.caller.subject, at, change)


async def _hosted(network: Network, access: Access, conversation_id: UUID) -> Conversation:
    conversation = await conversation_of(network, conversation_id, access)
    if conversation.kind is not ConversationKind.GROUP:
        raise NotAGroup("this can be done to groups only", field="conversation_id")
    _require_host(network, conversation, access)
    return conversation


def _require_host(network: Network, conversation: Conversation, access: Access) -> None:
    require_part(network, conversation, access)
    if access.caller.subject not in conversation.roster.host_ids:
        raise NotAHost("hosts of the group may do this", field="conversation_id")
