"""Invitations into a group: nobody is added, everybody is asked.

An invitation is the seat of who is asked. Who invited is told that it stands, and that somebody
came; whether the rest is silence, a no, or that nobody was ever shown it, is the same to the
letter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from common.auth import Access
from policy import Facts

from messaging.application.groups import as_now
from messaging.application.ports import Network
from messaging.application.queries import missing
from messaging.application.sides import change_seat_telling
from messaging.domain.contact import WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.domain.errors import GroupFull, MemberNotFound
from messaging.domain.roster import MOST_IN_GROUP, Roster
from messaging.domain.seat import Seat, Standing


async def ask_in(
    network: Network, conversation: Conversation, inviter_id: UUID, member_ids: Collection[UUID],
    at: datetime,
) -> None:  # fmt: skip
    """Ask these, of whom nobody is in it, into a group, and tell their devices.

    Raises MemberNotFound, GroupFull, before anybody is asked; ConcurrentUpdate, Unavailable.
    """
    await _check_all(network, conversation, member_ids)
    for member_id in member_ids:
        heard = await hears_of_it(network, conversation, member_id, inviter_id)
        await _ask(network, conversation, inviter_id, member_id, at, heard)


async def ask_before(
    network: Network, conversation: Conversation, inviter_id: UUID, member_ids: Collection[UUID],
    at: datetime,
) -> list[UUID]:  # fmt: skip
    """The same of a group that is not open yet: no device is told, or it would find nothing. Whose
    devices are to be told once it is open, also of those who were asked by an attempt before.

    Raises what `ask_in` does.
    """
    await _check_all(network, conversation, member_ids)
    told: list[UUID] = []
    for member_id in member_ids:
        heard = await hears_of_it(network, conversation, member_id, inviter_id)
        if heard(await _ask(network, conversation, inviter_id, member_id, at, lambda _: False)):
            told.append(member_id)
    return told


async def _check_all(
    network: Network, conversation: Conversation, member_ids: Collection[UUID]
) -> None:
    """Raises MemberNotFound, GroupFull."""
    if await network.members.unknown(member_ids):
        raise MemberNotFound("no such member in your network", field="member_ids")
    standing = await invited(network, conversation)
    if len(conversation.member_ids) + len({*standing, *member_ids}) > MOST_IN_GROUP:
        text = f"a group has at most {MOST_IN_GROUP} members, with those invited"
        raise GroupFull(text, most=str(MOST_IN_GROUP))


async def _ask(
    network: Network, conversation: Conversation, inviter_id: UUID, member_id: UUID, at: datetime,
    told: Callable[[Seat], bool],
) -> Seat:  # fmt: skip
    rule = await network.sides.rules.get(member_id)
    standing = Standing.UNHEARD if rule is WhoMayWrite.NOBODY else Standing.ASKED

    def asked(seat: Seat) -> Seat:
        return seat.invite(inviter_id, standing, at)

    return await change_seat_of(network, conversation, member_id, at, asked, told)


async def hears_of_it(
    network: Network, conversation: Conversation, member_id: UUID, by: UUID
) -> Callable[[Seat], bool]:
    """Says of somebody's seat whether her devices are told what `by` did to her invitation: not
    unless she is shown it, which she is not if she blocks who did it, whose it is, or who hosts the
    group. One read."""
    blocks = await network.sides.blocks.all_of(member_id)

    def heard(seat: Seat) -> bool:
        about = {by, seat.inviter_id, *conversation.roster.host_ids}
        blocked = any(id in about and one.holds for id, one in blocks.items())
        return asks(seat) and not blocked

    return heard


async def invited(network: Network, conversation: Conversation) -> list[UUID]:
    """Whose invitation stands, of those who are not in it, in the order of their ids."""
    seats = await network.sides.seats.of(conversation.id)
    return invited_of(seats, conversation.roster)


def invited_of(seats: Collection[Seat], roster: Roster) -> list[UUID]:
    """The same of seats that were read."""
    inside = set(roster.member_ids)
    return sorted(one.member_id for one in seats if one.invited and one.member_id not in inside)


async def invitation_of(
    network: Network, conversation: Conversation, member_id: UUID
) -> Seat | None:
    """The invitation of somebody who is not in a group that is open and that she is shown."""
    if conversation.is_pair or not conversation.member_ids:
        return None
    if conversation.roster.since(member_id) is not None:
        return None
    seats = await network.sides.seats.of(conversation.id)
    return next((one for one in seats if one.member_id == member_id and one.may_come), None)


async def seen_by(network: Network, conversation_id: UUID, access: Access) -> Conversation:
    """A conversation the caller takes part in now, or is invited to.

    Raises Forbidden, ConversationNotFound.
    """
    conversation = await network.conversations.get(conversation_id)
    if conversation is None:
        raise missing()
    conversation = await as_now(network, conversation)
    caller, members = access.caller.subject, conversation.member_ids
    if await invitation_of(network, conversation, caller) is not None:
        members = (*members, caller)
    access.require(Facts(network.id, member_ids=members), missing())
    return conversation


def asks(seat: Seat) -> bool:
    """Whether she is shown an invitation: of one that she declined she is told nothing more."""
    return seat.standing is Standing.ASKED


async def change_seat_of(
    network: Network, conversation: Conversation, member_id: UUID, at: datetime,
    change: Callable[[Seat], Seat], told: Callable[[Seat], bool],
) -> Seat:  # fmt: skip
    """A member's seat in a group once it is changed, made if she has none; `told` says of it
    whether her devices are. Raises ConcurrentUpdate, Unavailable, what `change` does."""

    def hers(_: Seat, after: Seat) -> Collection[UUID]:
        return [member_id] if told(after) else []

    return await change_seat_telling(network, conversation, member_id, at, change, hers)
