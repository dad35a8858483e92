"""Messages as documents: what is stored of one, and what is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common import log, outbox
from common.mongo import Document

from messaging.adapters import changes
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.events import outgoing
from messaging.adapters.notice_events import noticed
from messaging.adapters.rosters import notice_of, stored_notice
from messaging.adapters.sealing import MessageDamaged, Place, Seal
from messaging.application.key_ports import KeyDamaged
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound
from messaging.domain.message import Message, Placed, Tail

logger = log.get(__name__)
UNREADABLE = (MessageDamaged, KeyDamaged, ConversationNotFound)
"""That words cannot be read, and will not be; a master key that is missing may come back."""
TAIL = {"sequence": 1, "sender_id": 1, "turn_at": 1, "roster_at": 1, "notice.spoke": 1}


def document_of(
    network_id: UUID, conversation: Conversation, placed: Placed, seal: Seal
) -> Document:
    """A message with its events, as it is stored."""
    message = placed.message
    told = outgoing if message.notice is None else noticed
    events = told(network_id, conversation, placed)
    return {
        "_id": message.id, "network_id": network_id, "conversation_id": message.conversation_id,
        "sequence": message.sequence, "sender_id": message.sender_id,
        "client_message_id": message.client_message_id,
        "text": "" if message.notice else seal.seal(changes.place_of(message), message.text),
        "created_at": message.created_at, "turn_at": message.turn_at,
        "imported": message.imported, **_replying(message), **_among(message, seal),
        **outbox.fields(events),
    }  # fmt: skip


async def texts_of(
    keys: ConversationKeys, network_id: UUID, documents: Sequence[Document]
) -> list[str]:
    """The words of stored messages, and titles of notices. Raises MessageDamaged, and what
    ConversationKeys.of raises."""
    words = [(one, _words(one)) for one in documents]
    sealed = {one["conversation_id"] for one, said in words if not isinstance(said, str)}
    seals = await keys.of_all(network_id, sealed)
    return [
        said if isinstance(said, str) else seals[one["conversation_id"]].open(place_of(one), said)
        for one, said in words
    ]


def place_of(document: Document) -> Place:
    """What a stored message's text is bound to."""
    return Place(
        document["_id"], document["sequence"], document["sender_id"],
        document.get("version", 1) - 1, document.get("reply_to", 0),
    )  # fmt: skip


def _words(document: Document) -> bytes | str:
    """What is sealed in it: what was said, or of a notice what the group is called."""
    words: bytes | str = document["notice"]["title"] if "notice" in document else document["text"]
    return words


def _among(message: Message, seal: Seal) -> Document:
    """What a message of a group holds beside; nothing in a pair."""
    notice = message.notice
    if notice is None:
        return {"roster_at": message.roster_at} if message.roster_at else {}
    title = seal.seal(changes.place_of(message), notice.title) if notice.title else ""
    return {"roster_at": message.roster_at, **stored_notice(notice, title)}


def tail_of(document: Document) -> Tail:
    """What the next message depends on, of the last one, read by TAIL."""
    spoke = document["notice"]["spoke"] if "notice" in document else document["sender_id"]
    return Tail(document["sequence"], spoke, document["turn_at"], document.get("roster_at", 0))


def _replying(message: Message) -> Document:
    return {"reply_to": message.reply_to} if message.reply_to else {}


def message_of(document: Document, text: str) -> Message:
    """A stored message with these words."""
    notice = notice_of(document["notice"], text) if "notice" in document else None
    return Message(
        id=document["_id"], conversation_id=document["conversation_id"],
        sequence=document["sequence"], sender_id=document["sender_id"],
        client_message_id=document["client_message_id"], text=text if notice is None else "",
        created_at=document["created_at"], turn_at=document["turn_at"],
        imported=document["imported"], reply_to=document.get("reply_to", 0),
        version=document.get("version", 1), edited_at=document.get("edited_at"),
        deleted_at=document.get("deleted_at"),
        reactions=tuple(map(changes.reaction_of, document.get("reactions", ()))),
        roster_at=document.get("roster_at", 0), notice=notice,
    )  # fmt: skip


async def opened(
    keys: ConversationKeys, network_id: UUID, documents: Sequence[Document]
) -> list[Message]:
    """Stored messages with their words. A title that does not open is empty: who is in a group and
    what was said there does not hang on what it is called. Raises what texts_of raises otherwise.
    """
    try:
        texts = await texts_of(keys, network_id, documents)
    except UNREADABLE:
        texts = [await _text(keys, network_id, one) for one in documents]
    return [message_of(*both) for both in zip(documents, texts, strict=True)]


async def _text(keys: ConversationKeys, network_id: UUID, document: Document) -> str:
    try:
        [text] = await texts_of(keys, network_id, [document])
    except UNREADABLE as error:
        if "notice" not in document:
            raise
        problem = type(error).__name__
        logger.error("title.unreadable", message_id=str(document["_id"]), problem=problem)
        return ""
    return text
