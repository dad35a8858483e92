"""Open a group: its seats of who is asked first, then the notice that it is open.

So of who dies in between nothing is open, and doing it again completes it; once it is open, doing
it again changes nothing. Devices of who is asked are told with the notice, when there is something
to be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.errors import Invalid

from messaging.application.groups import as_now, notice_at
from messaging.application.invitations import ask_before
from messaging.application.noting import Writing, note
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.domain.errors import GroupIdReused
from messaging.domain.message import MAX_CLIENT_ID
from messaging.domain.roster import check_title, opened


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What somebody asks for."""

    client_group_id: str
    title: str
    member_ids: tuple[UUID, ...] = ()

    def __post_init__(self) -> None:
        """Raise Invalid unless title and client group id are within their limits."""
        check_title(self.title)
        given = self.client_group_id
        if not 1 <= len(given) <= MAX_CLIENT_ID or not given.isprintable():
            raise Invalid(
                f"client_group_id must have 1 to {MAX_CLIENT_ID} printable characters",
                field="client_group_id",
            )


async def create_group(
    writing: Writing, *, opener: UUID, asked: NewGroup, at: datetime
) -> Conversation:
    """The group, opened if it was not, with its opener as host and only member; others are asked.

    Raises MemberNotFound, GroupFull, GroupIdReused, ConcurrentUpdate, Unavailable.
    """
    network = writing.network
    fresh = Conversation.group(network.id, opener, asked.client_group_id, at)
    known = await network.conversations.get(fresh.id)
    now = await as_now(network, known) if known is not None else fresh
    if not now.roster.at:
        others = [id for id in dict.fromkeys(asked.member_ids) if id != opener]
        alone = opened([opener], (opener,), asked.title).roster
        told = await ask_before(network, fresh.under(alone), opener, others, at)
        await network.conversations.add([fresh])
        now = await note(
            writing, fresh, opener, at,
            lambda one, _: None if one.roster.at else opened([opener], (opener,), asked.title),
            told,
        )  # fmt: skip
    await _check(network, now, opener, asked)
    return now


async def _check(network: Network, now: Conversation, opener: UUID, asked: NewGroup) -> None:
    """It may have been opened before, as something else, or be none of hers by now."""
    first = await notice_at(network, now.id, 1)
    if first is None or first.title != asked.title or now.roster.since(opener) is None:
        raise GroupIdReused(
            "this client_group_id belongs to a group with another title, or that you left;"
            " choose a new one",
            field="client_group_id",
        )
