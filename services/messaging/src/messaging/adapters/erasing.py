"""What becomes of a leaving member's talk: her words go, their places stay.

Her conversations are her peers' too, and their sequence has no gap: so each of her messages keeps
its place, without text, and a stand-in that is looked up nowhere else takes hers. When both have
gone the conversation's key goes too, and with it whatever a copy of its messages still says; that
of a group when all have who were ever in it; that of a circle's room never, since
whoever comes into the circle next is in the same room.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from common.mongo import ASCENDING, Collection, Database, Document
from erasure.receipts import Count
from erasure.steps import BATCH, Anonymise, Leaving, Remove, Step, change_all
from erasure.tombstones import LetGo, RemoveTold

from messaging.adapters.block_events import BLOCK_TOPIC
from messaging.adapters.changes import entries_of
from messaging.adapters.conversation_keys import DESTROYED
from messaging.adapters.erasing_groups import go, groups_of, named, unname, without
from messaging.adapters.group_state import PAIRS_ONLY
from messaging.adapters.mongo_reports import Erasing
from messaging.domain.conversation import ConversationKind

CONVERSATIONS, MESSAGES = "conversations", "messages"


class Messages:
    """Her messages and reactions, found through her conversations: no index of all messages by
    sender is needed.

    So this comes before the conversations forget her.
    """

    kind = MESSAGES

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        messages = database.collection(MESSAGES, leaving.network_id)
        found = [
            await messages.count({"conversation_id": id, "sender_id": leaving.member_id})
            + await messages.count({"conversation_id": id, **_reacted(leaving)})
            async for id in _conversations(database, leaving)
        ]
        found += [
            await messages.count(named(group["_id"], leaving))
            async for group in groups_of(database, leaving)
        ]
        return Count(anonymised=sum(found))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        messages = database.collection(MESSAGES, leaving.network_id)
        async for group in groups_of(database, leaving):
            await go(database, group, leaving)
            await unname(database, messages, group["_id"], leaving)
        async for id in _conversations(database, leaving):
            wanted = {"conversation_id": id, "sender_id": leaving.member_id}
            await change_all(messages, wanted, leaving, _wordless, by="sequence")
            await self._unreact(messages, id, leaving)

    async def _unreact(self, messages: Collection, id: UUID, leaving: Leaving) -> None:
        """Take her reactions off what others wrote; those that come meanwhile stay."""
        while found := await messages.find(
            {"conversation_id": id, **_reacted(leaving)}, sort=[("sequence", ASCENDING)],
            limit=BATCH, projection={"_id": 1},
        ):  # fmt: skip
            for document in found:
                hers = {"reactions": {"$in": entries_of(leaving.member_id)}}
                await messages.update_one({"_id": document["_id"]}, {"$pull": hers})


def _reacted(leaving: Leaving) -> Document:
    return {"reactions": {"$in": entries_of(leaving.member_id)}}


def _wordless(message: Document, leaving: Leaving) -> Mapping[str, Any]:
    """A device's id of a message may say anything, so it goes; the new one is as unique."""
    trace: dict[str, Any] = {"earlier": [], "trace_until": None} if "earlier" in message else {}
    return {
        "sender_id": leaving.stand_in, "text": "", "client_message_id": str(message["_id"]),
        **trace, **({"reactions": []} if message.get("reactions") else {}),
        **({"notice.title": ""} if "notice" in message else {}),
    }  # fmt: skip


class Conversations:
    """Her conversations: they forget her, and `gone` counts her stand-in among those who left."""

    kind = CONVERSATIONS

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        found = database.collection(CONVERSATIONS, leaving.network_id)
        pairs = await found.count({"member_ids": leaving.member_id, **PAIRS_ONLY})
        return Count(anonymised=pairs + await found.count({"past_ids": leaving.member_id}))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step. Her peer may leave at the same time: what changed meanwhile is read anew."""
        conversations = database.collection(CONVERSATIONS, leaving.network_id)
        pairs = {"member_ids": leaving.member_id, **PAIRS_ONLY}
        while found := await conversations.find(
            pairs, sort=[("opened_id", ASCENDING)], limit=BATCH
        ):
            for document in found:
                unchanged = {"_id": document["_id"], "member_ids": document["member_ids"]}
                changes = _left(document, leaving)
                gone = set(changes["gone"]) >= set(changes["member_ids"])
                await conversations.update_one(unchanged, _closed(changes, gone=gone))
        while found := await conversations.find(
            {"past_ids": leaving.member_id}, sort=[("opened_id", ASCENDING)], limit=BATCH
        ):
            for document in found:
                unchanged = {"_id": document["_id"], "past_ids": document["past_ids"],
                             "roster.at": document["roster"]["at"]}  # fmt: skip
                changes = await without(database, document, leaving)
                gone = set(changes["gone"]) >= set(changes["past_ids"])
                gone = gone and document["kind"] != ConversationKind.ROOM
                await conversations.update_one(unchanged, _closed(changes, gone=gone))


def _left(conversation: Document, leaving: Leaving) -> Mapping[str, Any]:
    member_ids = [
        leaving.stand_in if id == leaving.member_id else id for id in conversation["member_ids"]
    ]
    return {"member_ids": member_ids, "gone": [*conversation.get("gone", ()), leaving.stand_in]}


def _closed(changes: Mapping[str, Any], *, gone: bool) -> Mapping[str, Any]:
    """The update; where all have gone, without the key."""
    if gone:
        return {
            "$set": {**changes, "key_id": DESTROYED},
            "$unset": {"wrapped_key": "", "unsealed": ""},
        }
    return {"$set": changes}


def _emptied(seat: Document, leaving: Leaving) -> Mapping[str, Any]:
    """Of her seat nothing but whether she had agreed; in a group it keeps no place for her."""
    asked = {"invited": False} if "invited" in seat else {}
    return {
        "member_id": leaving.stand_in, "muted": False, "muted_until": None, "left_after": -1,
        **asked,
    }  # fmt: skip


async def _conversations(database: Database, leaving: Leaving) -> AsyncIterator[UUID]:
    """Ids of the conversations she is in, pairs first, the latest opened last."""
    conversations, after = database.collection(CONVERSATIONS, leaving.network_id), None
    while True:
        wanted: dict[str, Any] = {"member_ids": leaving.member_id, **PAIRS_ONLY}
        if after is not None:
            wanted["opened_id"] = {"$gt": after}
        found = await conversations.find(
            wanted, sort=[("opened_id", ASCENDING)], limit=BATCH, projection={"opened_id": 1}
        )
        for document in found:
            yield document["_id"]
        if len(found) < BATCH:
            break
        after = found[-1]["opened_id"]
    async for group in groups_of(database, leaving):
        yield group["_id"]


STEPS: tuple[Step, ...] = (
    Remove("members", "_id"),
    Remove("marks", "member_id"),
    Erasing(),
    Remove("receipt_choices", "_id"),
    Remove("presences", "_id"),
    Messages(),
    Conversations(),
    # Not removed: without it the other would be told that she had agreed.
    Anonymise("seats", "member_id", _emptied),
    Remove("blocks", "member_ids"),  # after her words have gone, or they would be shown
    Remove("availabilities", "member_id"),
    Remove("contact_rules", "member_id"),
    Remove("circle_places", "member_id"),
    Remove("connected_pairs", "member_ids"),
)
"""What becomes of what, as far as the database goes."""


def steps(let_go: LetGo) -> tuple[Step, ...]:
    """STEPS as a service takes them; `let_go` ends what compacted topics keep of her."""
    told = RemoveTold("blocks", "member_ids", BLOCK_TOPIC, let_go)
    return tuple(told if step.kind == told.kind else step for step in STEPS)
