"""What messaging tells a member of what it holds about her: her conversations, with both sides.

What a peer wrote to her was sent to her and stands on her devices, so it is hers to keep; nothing
of a conversation she is not in is ever looked at (ADR 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from common.mongo import ASCENDING, Database, Document
from export.kinds import PAGE, Kind, Owned, Record, Whose, cursor_id, text_of

from messaging.adapters import mongo_reports
from messaging.adapters.changes import reaction_of
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.exporting_groups import GroupMessages, Groups, place_after
from messaging.adapters.exporting_sides import (
    AVAILABILITY,
    BLOCKS,
    RULES,
    SEATS,
    unheard_of,
    withholding_of,
)
from messaging.adapters.exporting_words import readable
from messaging.adapters.group_state import PAIRS_ONLY
from messaging.adapters.mongo_messages import SHOWN
from messaging.domain.block import Withholding


class Conversations:
    """The conversations she is in."""

    name, collection = "conversations", "conversations"
    title = "Your conversations"
    about = "Whom you talked with in private, as two. People are named by their ids, as in the app."

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        found = await _conversations(database, whose, after, PAGE)
        rest = str(found[-1]["opened_id"]) if len(found) == PAGE else ""
        unheard = await unheard_of(database, whose, [document["_id"] for document in found])
        shown = [document for document in found if document["_id"] not in unheard]
        return [_conversation(document, whose) for document in shown], rest


class Messages:
    """All messages of the conversations of two she is in, one conversation after the other.

    The place is `opened_id/sequence` of the last one: of a conversation that is looked for among
    hers, so a made-up one leads to nothing of others.
    """

    name, collection = "messages", "messages"
    title = "Your messages"
    about = (
        "Everything that was written in your conversations of two, by you and to you. An empty"
        " text was deleted, or is that of somebody who left; what is withheld was sent by somebody"
        " you blocked then. What a message said before it was changed is kept for 30 days for who"
        " looks into harm, and not told here."
    )

    def __init__(self, keys: ConversationKeys) -> None:
        self._keys = keys

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        opened, sequence = place_after(after)
        conversation = await self._current(database, whose, opened)
        if conversation is None:
            return [], ""
        if conversation["opened_id"] != opened:
            sequence = 0  # hers is another one by now: it begins at its beginning
        wanted = {"conversation_id": conversation["_id"], "sequence": {"$gt": sequence}}
        found = await database.collection(self.collection, whose.network_id).find(
            wanted,
            sort=[("sequence", ASCENDING)],
            limit=PAGE,
            projection=SHOWN,
        )
        texts = await readable(self._keys, whose.network_id, found)
        withholding = await withholding_of(database, whose, conversation)
        records = [_message(*both, whose, withholding) for both in zip(found, texts, strict=True)]
        if len(found) == PAGE:
            return records, f"{conversation['opened_id']}/{found[-1]['sequence']}"
        following = await _conversations(database, whose, str(conversation["opened_id"]), 1)
        return records, f"{following[0]['opened_id']}/0" if following else ""

    async def _current(self, database: Database, whose: Whose, opened: UUID) -> Document | None:
        conversations = database.collection("conversations", whose.network_id)
        wanted = {"member_ids": whose.member_id, "opened_id": {"$gte": opened}, **PAIRS_ONLY}
        return await conversations.find_one(wanted, sort=[("opened_id", ASCENDING)])


async def _conversations(
    database: Database, whose: Whose, after: str, limit: int
) -> list[Document]:
    wanted: dict[str, Any] = {"member_ids": whose.member_id, **PAIRS_ONLY}
    if after:
        wanted["opened_id"] = {"$gt": cursor_id(after)}
    collection = database.collection("conversations", whose.network_id)
    return await collection.find(wanted, sort=[("opened_id", ASCENDING)], limit=limit)


def _conversation(document: Document, whose: Whose) -> Record:
    peers = [str(id) for id in document["member_ids"] if id != whose.member_id]
    return {
        "conversationId": str(document["_id"]), "withMemberIds": peers,
        "createTime": text_of(document["created_at"]),
    }  # fmt: skip


def _message(
    document: Document, text: str | None, whose: Whose, withholding: Withholding
) -> Record:
    times = (document["created_at"], document.get("edited_at"))
    if any(at is not None and withholding.covers(document["sender_id"], at) for at in times):
        return {
            "conversationId": str(document["conversation_id"]), "sequence": document["sequence"],
            "withheld": True,
        }  # fmt: skip
    mine = document["sender_id"] == whose.member_id
    return {
        "messageId": str(document["_id"]), "conversationId": str(document["conversation_id"]),
        "sequence": document["sequence"], "writtenBy": "you" if mine else "the other",
        "text": text, "createTime": text_of(document["created_at"]),
        **({"unreadable": True} if text is None else {}),
        "replyToSequence": document.get("reply_to", 0), "version": document.get("version", 1),
        "deleted": "deleted_at" in document,
        "reactions": [
            {"by": "you" if one.member_id == whose.member_id else "the other", "kind": one.kind}
            for one in map(reaction_of, document.get("reactions", ()))
            if not withholding.hushes(one.member_id)
        ],
    }  # fmt: skip


def _mark(document: Document, whose: Whose) -> Record:
    return {
        "conversationId": str(document["conversation_id"]),
        "deliveredSequence": document["delivered"], "readSequence": document["read"],
        "moveTime": text_of(document["moved_at"]),
    }  # fmt: skip


def kinds(keys: ConversationKeys) -> tuple[Kind, ...]:
    """All that is told; `keys` open what is sealed."""
    return (
        Conversations(),
        Messages(keys),
        Groups(keys),
        GroupMessages(keys),
        SEATS,
        RULES,
        BLOCKS,
        AVAILABILITY,
        mongo_reports.Exporting(keys),
        Owned(
            "read-positions", "marks", "How far you have read",
            "In each conversation, the number of the last message that arrived and that you read.",
            "member_id", _mark,
        ),
        Owned(
            "receipt-choice", "receipt_choices", "Whether you show what you have read",
            "Without a record here you have not chosen, and it is shown.", "_id",
            lambda document, _: {"shown": document["shown"]},
        ),
        Owned(
            "presence", "presences", "Whether you show when you were here",
            "Without a record here you have not chosen, and it is not shown. The time is to ten"
            " minutes, and only the last.", "_id",
            lambda document, _: {
                "shown": document["shown"], "seenTime": text_of(document["seen_at"]),
            },
        ),
    )  # fmt: skip


WITHHELD: Mapping[str, str] = {
    "members": "holds only your id, so that people can write to you",
    "circle_places": "what the community part tells itself: see your circles",
    "connected_pairs": "what the community part tells itself: see your connections",
}
"""Collections of which nothing is told, and why."""
