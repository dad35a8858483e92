"""Messages as documents: what is stored of one, and what is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common import outbox
from common.mongo import Document

from messaging.adapters import changes
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.events import outgoing
from messaging.adapters.sealing import Place, Seal
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Placed


def document_of(
    network_id: UUID, conversation: Conversation, placed: Placed, seal: Seal
) -> Document:
    """A message with its events, as it is stored."""
    message = placed.message
    events = outgoing(network_id, conversation, placed)
    return {
        "_id": message.id, "network_id": network_id, "conversation_id": message.conversation_id,
        "sequence": message.sequence, "sender_id": message.sender_id,
        "client_message_id": message.client_message_id,
        "text": seal.seal(changes.place_of(message), message.text),
        "created_at": message.created_at, "turn_at": message.turn_at,
        "imported": message.imported, **_replying(message), **outbox.fields(events),
    }  # fmt: skip


async def texts_of(
    keys: ConversationKeys, network_id: UUID, documents: Sequence[Document]
) -> list[str]:
    """The words of stored messages. Raises MessageDamaged, and what ConversationKeys.of raises."""
    sealed = {one["conversation_id"] for one in documents if not isinstance(one["text"], str)}
    seals = await keys.of_all(network_id, sealed)
    return [
        one["text"]
        if isinstance(one["text"], str)
        else seals[one["conversation_id"]].open(place_of(one), one["text"])
        for one in documents
    ]


def place_of(document: Document) -> Place:
    """What a stored message's text is bound to."""
    return Place(
        document["_id"], document["sequence"], document["sender_id"],
        document.get("version", 1) - 1, document.get("reply_to", 0),
    )  # fmt: skip


def _replying(message: Message) -> Document:
    return {"reply_to": message.reply_to} if message.reply_to else {}


def message_of(document: Document, text: str) -> Message:
    """A stored message with these words."""
    return Message(
        id=document["_id"], conversation_id=document["conversation_id"],
        sequence=document["sequence"], sender_id=document["sender_id"],
        client_message_id=document["client_message_id"], text=text,
        created_at=document["created_at"], turn_at=document["turn_at"],
        imported=document["imported"], reply_to=document.get("reply_to", 0),
        version=document.get("version", 1), edited_at=document.get("edited_at"),
        deleted_at=document.get("deleted_at"),
        reactions=tuple(map(changes.reaction_of, document.get("reactions", ()))),
    )  # fmt: skip
