"""Members, drafts and rows for messaging's tests, valid unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from common.auth import Access, Caller
from common.clock import to_millis
from common.ids import new_id
from common.testing.clock import FUTURE
from messaging.application import taking_part
from messaging.application.create_group import NewGroup, create_group
from messaging.application.hub import Hub
from messaging.application.import_messages import (
    Imported,
    Row,
    conversation_for,
    import_messages,
)
from messaging.application.noting import Writing
from messaging.application.ports import ImportedRow, Network
from messaging.application.send_message import send_message
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.message import Draft, Message, Placed, Tail, place
from policy.authorize import authorize

NOW = FUTURE
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
OTHER_NETWORK = UUID("01900000-0000-7000-8000-000000000002")
ADA, BEN, CAT = (
    UUID(f"01900000-0000-7000-8000-0000000000{digits}") for digits in ("0a", "0b", "0c")
)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOURCE = "old-forum"


def a_conversation(one: UUID = ADA, other: UUID = BEN, network_id: UUID = NETWORK) -> Conversation:
    return Conversation.between(network_id, one, other, NOW)


def access_of(
    member_id: UUID, method: str = "ListMessages", service: str = "MessageService"
) -> Access:
    """A member at a method."""
    caller = Caller(member_id, NETWORK, frozenset({"member"}), "", 0.0)
    return Access(authorize, caller, f"/kith.messaging.v1.{service}/{method}")


async def send(network: Network, tails: Tails, *, conversation_id: UUID, draft: Draft) -> Message:
    """Send in the name of the draft's sender."""
    access = access_of(draft.sender_id, "SendMessage")
    id = conversation_id
    return await send_message(network, tails, Hub(), access, conversation_id=id, draft=draft)


def a_writing(network: Network, tails: Tails | None = None, hub: Hub | None = None) -> Writing:
    """A process that remembers nothing yet."""
    return Writing(network, tails or Tails(), hub or Hub())


async def a_group(
    writing: Writing, opener: UUID, *member_ids: UUID, title: str = "Evening round"
) -> Conversation:
    """A group with these in it, who were asked and agreed."""
    asked = NewGroup(str(new_id()), title, member_ids)
    group = await create_group(writing, opener=opener, asked=asked, at=NOW)
    for member_id in member_ids:
        access = access_of(member_id, "AcceptConversation", "SeatService")
        group = await taking_part.accept(writing, access, group.id, NOW)
    return group


def a_draft(
    sender_id: UUID = ADA, text: str = "How are you?", *, client_id: str = "", at: datetime = NOW,
    imported: bool = False, reply_to: int = 0,
) -> Draft:  # fmt: skip
    return Draft(sender_id, client_id or str(new_id()), text, to_millis(at), imported, reply_to)


def a_placed(draft: Draft, conversation: Conversation, tail: Tail | None = None) -> Placed:
    return place(draft, new_id(), conversation.id, tail)


def a_row(
    number: int, sender_id: UUID = ADA, recipient_id: UUID = BEN, *, text: str = "",
    at: datetime | None = None, source: str = SOURCE,
) -> Row:  # fmt: skip
    draft = a_draft(
        sender_id, text or f"row {number}", client_id=f"{source}:{number}",
        at=at or NOW - HOUR + number * MINUTE, imported=True,
    )  # fmt: skip
    return Row(number, source, conversation_for(NETWORK, draft, recipient_id), draft)


def imported_rows(rows: Sequence[Row]) -> list[ImportedRow]:
    """Rows of one conversation, in their places from its start."""
    found: list[ImportedRow] = []
    tail = None
    for row in rows:
        placed = a_placed(row.draft, row.conversation, tail)
        tail = placed.message.tail
        found.append(ImportedRow(row.key, row.conversation, placed))
    return found


def told(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    """What of messages does not change when they are stored anew: all but their ids."""
    return [
        (one.conversation_id, one.sequence, one.sender_id, one.client_message_id, one.text,
         one.created_at, one.turn_at, one.imported)
        for one in messages
    ]  # fmt: skip


async def bring_in(
    network: Network, tails: Tails, rows: Sequence[Row],
    begin: Callable[[], Awaitable[None]] | None = None,
) -> Imported:  # fmt: skip
    """An import that, without `begin`, nobody is told of."""

    async def silent() -> None:
        return

    return await import_messages(network, tails, rows, begin or silent)
