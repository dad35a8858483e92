"""A change of a message as a write: the state after, if it is as before, with the event and the
sealed trace of what it said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from common import outbox
from common.mongo import ASCENDING, Document, IndexModel
from kith.messaging.events.v1 import messaging_events_pb2 as events_pb

from messaging.adapters.events import Did, changed, reacted
from messaging.adapters.sealing import Place, Seal
from messaging.domain.changing import TRACE_KEPT
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message
from messaging.domain.reaction import MOST, Reaction, ReactionKind

TRACES = IndexModel([("trace_until", ASCENDING)], name="traces", sparse=True)


def place_of(message: Message) -> Place:
    """What a message's text is bound to, at its version."""
    return Place(
        message.id, message.sequence, message.sender_id, message.version - 1, message.reply_to
    )


def as_before(message: Message) -> Document:
    """A filter: nobody has changed or erased it meanwhile."""
    version = None if message.version == 1 else message.version
    return {"_id": message.id, "version": version, "sender_id": message.sender_id}


def change_of(
    network_id: UUID, conversation: Conversation, before: Message, after: Message, seal: Seal
) -> Document:
    """The update from one version to the next."""
    text = seal.seal(place_of(after), after.text) if after.text else ""
    state: dict[str, Any] = {
        "text": text, "version": after.version, "trace_until": after.changed_at + TRACE_KEPT,
        **({"edited_at": after.edited_at} if after.edited_at else {}),
        **({"deleted_at": after.deleted_at, "reactions": []} if after.deleted_at else {}),
    }  # fmt: skip
    update = outbox.push(changed(network_id, conversation, after), state)
    trace = {"version": before.version, "text": seal.seal(place_of(before), before.text)}
    update["$push"]["earlier"] = trace
    return update


def reaction_of(entry: str) -> Reaction:
    """A reaction as it is stored."""
    kind, _, member_id = entry.partition(":")
    return Reaction(UUID(member_id), ReactionKind(kind))


def entry_of(reaction: Reaction) -> str:
    """A reaction as it is stored: a scalar, so that adding and taking away are atomic by value."""
    return f"{reaction.kind.value}:{reaction.member_id}"


def entries_of(member_id: UUID) -> list[str]:
    """All that a member may have reacted with."""
    return [entry_of(Reaction(member_id, kind)) for kind in ReactionKind]


def reacting(
    network_id: UUID, conversation: Conversation, message: Message, reaction: Reaction,
    at: datetime,
) -> tuple[Document, Document]:  # fmt: skip
    """The filter and update that add a reaction."""
    did = Did(conversation, reaction.member_id, events_pb.MESSAGE_CHANGE_REACTED, at)
    first = all(one.member_id != reaction.member_id for one in message.reactions)
    update = outbox.push(reacted(network_id, message, did, first=first), {})
    update["$push"]["reactions"] = entry_of(reaction)
    room = {f"reactions.{MOST - 1}": {"$exists": False}}
    missing = {"reactions": {"$ne": entry_of(reaction)}, "text": {"$ne": ""}}
    return {"_id": message.id, "sender_id": message.sender_id, **missing, **room}, update


def unreacting(
    network_id: UUID, conversation: Conversation, message: Message, reaction: Reaction,
    at: datetime,
) -> tuple[Document, Document]:  # fmt: skip
    """The filter and update that take a reaction away."""
    did = Did(conversation, reaction.member_id, events_pb.MESSAGE_CHANGE_UNREACTED, at)
    update = outbox.push(reacted(network_id, message, did, first=False), {})
    update["$pull"] = {"reactions": entry_of(reaction)}
    return {"_id": message.id, "reactions": entry_of(reaction)}, update
