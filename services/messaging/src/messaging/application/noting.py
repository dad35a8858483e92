"""Write what happens to a group into its talk: one insert, which decides, and then the lists.

Who comes or goes through several processes at once gets a place behind the other, and is looked at
again as the group is by then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import new_id

from messaging.application.groups import as_of
from messaging.application.hub import Hub, Kind, News
from messaging.application.ports import Network, Taken
from messaging.application.tails import Tails
from messaging.application.withholding import hearers
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, place_notice
from messaging.domain.roster import Notice

TRIES = 16
Change = Callable[[Conversation, int], Notice | None]
"""What happens to a group as it is now, in this place; None for nothing. May raise."""


@dataclass(frozen=True, slots=True)
class Writing:
    """Where groups are written: a network, the ends this process remembers, and who looks on."""

    network: Network
    tails: Tails
    hub: Hub


async def note(
    writing: Writing, conversation: Conversation, by: UUID, at: datetime, change: Change,
    asked: Collection[UUID] = (),
) -> Conversation:  # fmt: skip
    """The group once what `change` says has happened to it, by somebody; who looks on is told, and
    with the notice the devices of those who were `asked` in before it.

    Raises what `change` raises, ConcurrentUpdate.
    """
    network = writing.network
    async with writing.tails.hold(conversation.id) as slot:
        for _ in range(TRIES):
            slot.remember(await network.messages.tail(conversation.id))
            tail = slot.tail
            conversation = await as_of(network, conversation, tail)
            notice = change(conversation, tail.sequence + 1 if tail else 1)
            if notice is None:
                return conversation
            placed = place_notice(notice, new_id(), conversation.id, by, at, tail)
            placed = replace(placed, asked=tuple(asked))
            after = conversation.under(notice.roster)
            try:
                await network.messages.add(after, placed)
            except Taken:
                slot.forget()
                continue
            slot.remember(placed.message.tail)
            await network.conversations.keep(conversation.id, notice.roster)
            await tell_arrived(writing, after, placed.message)
            about = tuple({by, *notice.member_ids, *asked})
            writing.hub.tell(News(network.id, conversation.id, about, Kind.CONVERSATION))
            return after
    raise ConcurrentUpdate("many come and go at once; try again")


async def tell_arrived(writing: Writing, conversation: Conversation, message: Message) -> None:
    """Tell who looks on here of what was just stored, and hears who did it. Who begins to look on
    meanwhile finds it, since it is stored."""
    network, hub, by = writing.network, writing.hub, message.sender_id
    here = [id for id in conversation.member_ids if hub.present(network.id, [id])]
    told = await hearers(network, conversation, here, by, message.created_at)
    hub.arrived(network.id, told, message)
