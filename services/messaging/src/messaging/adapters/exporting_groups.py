"""What messaging tells a member of groups and rooms: of those she is in, what was said since she
came; of all, what she wrote herself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from common.errors import Invalid
from common.mongo import ASCENDING, Database, Document
from export.kinds import PAGE, Record, Whose, cursor_id, text_of

from messaging.adapters.changes import reaction_of
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.exporting_words import readable
from messaging.adapters.group_state import newest
from messaging.adapters.mongo_blocks import COLLECTION as BLOCKED
from messaging.adapters.mongo_blocks import MongoBlocks
from messaging.adapters.mongo_messages import SHOWN
from messaging.domain.block import Withholding
from messaging.domain.roster import NOBODY

_FIRST = UUID(int=0)


class Groups:
    """The groups and rooms she is or was in."""

    name, collection = "groups", "conversations"
    title = "Your groups"
    about = (
        "Groups and rooms of circles you are or were in. People are named by their ids; of those"
        " you left nothing is told that is others'."
    )

    def __init__(self, keys: ConversationKeys) -> None:
        self._keys = keys

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        found = await _groups(database, whose, after, PAGE)
        rest = str(found[-1]["opened_id"]) if len(found) == PAGE else ""
        return [await self._record(database, one, whose) for one in found], rest

    async def _record(self, database: Database, group: Document, whose: Whose) -> Record:
        messages = database.collection("messages", whose.network_id)
        now = await newest(messages, group["_id"])
        roster = now[1] if now else NOBODY
        inside = roster.since(whose.member_id) is not None
        record = {
            "conversationId": str(group["_id"]), "kind": group["kind"],
            "createTime": text_of(group["created_at"]), "inside": inside,
            "circleId": str(group["circle_id"]) if group["circle_id"] else None,
        }  # fmt: skip
        if not inside:
            return record
        named = {"conversation_id": group["_id"], "sequence": roster.title_at}
        titled = await messages.find_one(named, SHOWN) if roster.title_at else None
        [title] = await readable(self._keys, whose.network_id, [titled]) if titled else [""]
        return {
            **record, "title": title, "memberIds": [str(id) for id in roster.member_ids],
            "hostIds": [str(id) for id in roster.host_ids],
        }  # fmt: skip


class GroupMessages:
    """Messages of groups, one group after the other; the place is as of Messages."""

    name, collection = "group-messages", "messages"
    title = "Your messages in groups"
    about = (
        "What was said in groups and rooms since you came, with who came and went; of before, and"
        " of those you left, what you wrote, without others' reactions. Empty and withheld is what"
        " it is in your messages."
    )

    def __init__(self, keys: ConversationKeys) -> None:
        self._keys = keys

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        opened, sequence = place_after(after)
        groups = database.collection("conversations", whose.network_id)
        wanted = {"past_ids": whose.member_id, "opened_id": {"$gte": opened}}
        group = await groups.find_one(wanted, sort=[("opened_id", ASCENDING)])
        if group is None:
            return [], ""
        if group["opened_id"] != opened:
            sequence = 0
        messages = database.collection(self.collection, whose.network_id)
        found = await messages.find(
            {"conversation_id": group["_id"], "sequence": {"$gt": sequence}},
            sort=[("sequence", ASCENDING)], limit=PAGE, projection=SHOWN,
        )  # fmt: skip
        records = await self._records(database, group, found, whose)
        if len(found) == PAGE:
            return records, f"{group['opened_id']}/{found[-1]['sequence']}"
        following = await _groups(database, whose, str(group["opened_id"]), 1)
        return records, f"{following[0]['opened_id']}/0" if following else ""

    async def _records(
        self, database: Database, group: Document, found: list[Document], whose: Whose
    ) -> list[Record]:
        now = await newest(database.collection(self.collection, whose.network_id), group["_id"])
        first = now[1].since(whose.member_id) if now else None
        hers = [one for one in found if _is_hers(one, first, whose)]
        blocks = MongoBlocks(database.collection(BLOCKED, whose.network_id))
        withholding = Withholding(whose.member_id, False, await blocks.all_of(whose.member_id))
        texts = await readable(self._keys, whose.network_id, hers)
        return [
            _record(one, text, whose, withholding, since_she_came=_since(one, first))
            for one, text in zip(hers, texts, strict=True)
        ]


def _is_hers(message: Document, first: int | None, whose: Whose) -> bool:
    """Whether it was said since she came, or by herself."""
    if _since(message, first):
        return True
    return "notice" not in message and message["sender_id"] == whose.member_id


def _since(message: Document, first: int | None) -> bool:
    """Whether it lies where she is in it."""
    return first is not None and message["sequence"] >= first


def _record(
    document: Document, text: str | None, whose: Whose, withholding: Withholding, *,
    since_she_came: bool,
) -> Record:  # fmt: skip
    place = {
        "conversationId": str(document["conversation_id"]), "sequence": document["sequence"],
    }  # fmt: skip
    times = (document["created_at"], document.get("edited_at"))
    if any(at is not None and withholding.covers(document["sender_id"], at) for at in times):
        return {**place, "withheld": True}
    by = "you" if document["sender_id"] == whose.member_id else str(document["sender_id"])
    told = {**place, "createTime": text_of(document["created_at"])}
    if "notice" in document:
        notice = document["notice"]
        about = [str(id) for id in notice["member_ids"]]
        return {**told, "doneBy": by, "notice": notice["kind"], "memberIds": about, "title": text}
    return {
        **told, "messageId": str(document["_id"]), "writtenBy": by, "text": text,
        **({"unreadable": True} if text is None else {}),
        "replyToSequence": document.get("reply_to", 0), "version": document.get("version", 1),
        "deleted": "deleted_at" in document,
        "reactions": [
            {"by": "you" if one.member_id == whose.member_id else str(one.member_id),
             "kind": one.kind}
            for one in map(reaction_of, document.get("reactions", ()))
            if one.member_id == whose.member_id
            or (since_she_came and not withholding.hushes(one.member_id))
        ],
    }  # fmt: skip


async def _groups(database: Database, whose: Whose, after: str, limit: int) -> list[Document]:
    wanted: dict[str, Any] = {"past_ids": whose.member_id}
    if after:
        wanted["opened_id"] = {"$gt": cursor_id(after)}
    collection = database.collection("conversations", whose.network_id)
    return await collection.find(wanted, sort=[("opened_id", ASCENDING)], limit=limit)


def place_after(after: str) -> tuple[UUID, int]:
    """Where a page of messages goes on. Raises Invalid."""
    if not after:
        return _FIRST, 0
    opened, _, sequence = after.partition("/")
    if not (sequence.isascii() and sequence.isdecimal() and len(sequence) < 19):
        raise Invalid("the page token is from somewhere else", field="page_token")
    return cursor_id(opened), int(sequence)
