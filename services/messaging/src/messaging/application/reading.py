"""How far members have got in conversations, and what they have not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from messaging.application.groups import tells_signs, with_end
from messaging.application.ports import Network
from messaging.application.queries import last_sequence
from messaging.application.together import for_each
from messaging.application.withholding import withheld_from_all
from messaging.domain.block import Withholding
from messaging.domain.conversation import Conversation
from messaging.domain.mark import Mark, Unread
from messaging.domain.message import Message

MOST_UNREAD = 99
WINDOW = 1_000
"""Places behind the read position that are looked at, or a long monologue would cost its length."""
MOST_CONVERSATIONS = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation as a member has got in it; `receipts` are the marks of others she may see."""

    conversation: Conversation
    last_sequence: int
    mark: Mark
    unread: Unread
    receipts: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Total:
    """What is unread in all conversations of a member, and in how many."""

    unread: Unread
    conversations: int


async def readings(
    network: Network, member_id: UUID, conversations: Sequence[Conversation],
    ends: Mapping[UUID, int] | None = None,
) -> list[Reading]:  # fmt: skip
    """How far a member has got in these, which she takes part in; `ends` are the last sequence
    numbers, where they are known already."""
    telling = [one for one in conversations if tells_signs(one)]
    members = {id for one in telling for id in one.member_ids}
    hiding = await network.choices.hiding(members | {member_id})
    shown = set() if member_id in hiding else members - hiding
    places = {(one.id, id) for one in telling for id in one.member_ids if id in shown}
    marks = await network.marks.of(places | {(one.id, member_id) for one in conversations})
    seats = await network.sides.seats.of_all(conversations)
    withheld = await withheld_from_all(network, member_id, conversations, seats)
    silent = {(one.id, seat.member_id) for one in conversations if one.is_pair
              for seat in seats.get(one.id, ()) if not seat.agreed}  # fmt: skip

    def seen(id: UUID, other: UUID) -> Mark:
        """Who has not agreed gives no sign."""
        mark = None if (id, other) in silent else marks.get((id, other))
        return mark or Mark(id, other)

    async def reading(conversation: Conversation) -> Reading:
        mark = marks.get((conversation.id, member_id)) or Mark(conversation.id, member_id)
        known = ends.get(conversation.id) if ends else None
        last = await last_sequence(network, conversation.id) if known is None else known
        withholding = withheld[conversation.id]
        others = [
            seen(conversation.id, id)
            for id in conversation.peers_of(member_id)
            if id in shown and tells_signs(conversation) and not withholding.hushes(id)
        ]
        first = conversation.first_for(member_id)
        unread = await unread_of(network, mark, last, withholding, first)
        return Reading(conversation, last, mark, unread, others)

    return await for_each(conversations, reading)


async def unread_of(
    network: Network, mark: Mark, last: int, withholding: Withholding, first: int = 1
) -> Unread:
    """What lies behind a mark in a conversation that ends with `last`: messages of others that
    still have words, from `first` on. Exact up to MOST_UNREAD, if found within WINDOW places."""
    read = max(mark.read, first - 1)
    if read >= last:
        return Unread()
    upto = min(read + WINDOW, last)
    if withholding.deaf:
        return Unread()
    if withholding.blocks:
        messages = await network.messages.after(mark.conversation_id, read, WINDOW)
        heard = sum(_counts(one, withholding) for one in messages if one.sequence <= upto)
        return Unread(min(heard, MOST_UNREAD), heard > MOST_UNREAD or upto < last)
    found = await network.messages.unread(
        mark.conversation_id, mark.member_id, read, upto, MOST_UNREAD + 1
    )
    return Unread(min(found, MOST_UNREAD), found > MOST_UNREAD or upto < last)


def _counts(message: Message, withholding: Withholding) -> bool:
    """Whether it is of somebody else, has words, and is for the reader's eyes."""
    mine = message.sender_id == withholding.reader_id
    return not mine and bool(message.text) and not withholding.hides(message)


async def total_unread(network: Network, member_id: UUID) -> Total:
    """What a member has not read, in her MOST_CONVERSATIONS latest opened conversations; not what
    she left, until somebody writes there."""
    pages = await network.conversations.page(member_id, None, MOST_CONVERSATIONS + 1)
    conversations = [conversation for _, conversation in pages[:MOST_CONVERSATIONS]]
    marks = await network.marks.of([(one.id, member_id) for one in conversations])
    seats = await network.sides.seats.of_all(conversations)
    withheld = await withheld_from_all(network, member_id, conversations, seats)

    async def unread(conversation: Conversation) -> Unread:
        mark = marks.get((conversation.id, member_id)) or Mark(conversation.id, member_id)
        conversation, last = await with_end(network, conversation)
        if member_id not in conversation.member_ids:
            return Unread()
        hers = [one for one in seats.get(conversation.id, ()) if one.member_id == member_id]
        if any(seat.hides(last) for seat in hers):
            return Unread()
        first = conversation.first_for(member_id)
        return await unread_of(network, mark, last, withheld[conversation.id], first)

    found = await for_each(conversations, unread)
    more = len(pages) > MOST_CONVERSATIONS or any(one.more for one in found)
    count = sum(one.count for one in found)
    return Total(Unread(count, more), sum(bool(one.count or one.more) for one in found))
