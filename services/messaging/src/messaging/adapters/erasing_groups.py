"""What becomes of a leaving member in groups: first she goes, as anybody does, and then a stand-in
takes her place wherever she is named.

Her words in groups she left before go as well: a group knows who was ever in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import named_id, new_id
from common.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError
from erasure.steps import Leaving, change_all

from messaging.adapters.group_state import newest
from messaging.adapters.message_documents import document_of, tail_of
from messaging.adapters.mongo_conversations import conversation_of
from messaging.adapters.rosters import stored_roster
from messaging.adapters.sealing import Seal, new_key
from messaging.domain.message import place_notice
from messaging.domain.roster import left

TRIES = 20


async def groups_of(database: Database, leaving: Leaving) -> AsyncIterator[Document]:
    """The groups she is or was in, or is asked into, each once; also where the lists did not hear
    of it."""
    network_id, hers = leaving.network_id, leaving.member_id
    conversations = database.collection("conversations", network_id)
    found: dict[UUID, Document] = {}
    for one in await conversations.find(
        {"past_ids": hers}, sort=[("opened_id", ASCENDING)], limit=0
    ):
        found[one["_id"]] = one
    seats = await database.collection("seats", network_id).find(
        {"member_id": hers}, sort=[("_id", ASCENDING)], limit=0, projection={"conversation_id": 1}
    )
    places = await database.collection("circle_places", network_id).find(
        {"member_id": hers}, sort=[("_id", ASCENDING)], limit=0, projection={"circle_id": 1}
    )
    rest = {one["conversation_id"] for one in seats}
    rest |= {named_id(network_id, "room", one["circle_id"]) for one in places}
    for id in sorted(rest - found.keys()):
        document = await conversations.find_one({"_id": id})
        if document is not None and "past_ids" in document:
            found[id] = document
    for document in found.values():
        yield document


async def go(database: Database, group: Document, leaving: Leaving) -> None:
    """She is in it no more from the next place on, where it is her stand-in that went. Raises
    ConcurrentUpdate, and then it is tried again."""
    network_id, id = leaving.network_id, group["_id"]
    messages = database.collection("messages", network_id)
    for _ in range(TRIES):
        now = await newest(messages, id)
        if now is None:
            return
        last, roster = now
        notice = left(roster, leaving.member_id, last["sequence"] + 1)
        if notice is None:
            return
        notice = replace(notice, member_ids=(leaving.stand_in,))
        at, stand_in, tail = last["created_at"], leaving.stand_in, tail_of(last)
        if tail.sender_id == leaving.member_id:
            tail = replace(tail, sender_id=stand_in)
        placed = place_notice(notice, new_id(), id, stand_in, at, tail)
        nothing = Seal(new_key(), network_id, id)  # such a notice has nothing to be sealed
        conversation = conversation_of(group).under(notice.roster)
        try:
            await messages.insert_one(document_of(network_id, conversation, placed, nothing))
        except DuplicateKeyError:
            continue
        return
    raise ConcurrentUpdate("too much is said at once; try again")


def named(id: UUID, leaving: Leaving) -> Document:
    """A filter: the notices of a group that name her."""
    return {"conversation_id": id, "named": leaving.member_id}


async def unname(database: Database, messages: Collection, id: UUID, leaving: Leaving) -> None:
    """Name her stand-in in notices and rosters, and as who asked others in."""
    wanted = named(id, leaving)
    await change_all(messages, wanted, leaving, _unnamed, by="sequence", unchanged=("named",))
    seats = database.collection("seats", leaving.network_id)
    asked = {"conversation_id": id, "inviter_id": leaving.member_id}
    await change_all(seats, asked, leaving, lambda _, who: {"inviter_id": who.stand_in})


def instead(value: Any, leaving: Leaving) -> Any:
    """Something stored, with her stand-in wherever her id is."""
    if isinstance(value, Mapping):
        return {key: instead(one, leaving) for key, one in value.items()}
    if isinstance(value, list):
        return [instead(one, leaving) for one in value]
    return leaving.stand_in if value == leaving.member_id else value


def _unnamed(message: Document, leaving: Leaving) -> Mapping[str, Any]:
    """Not the title: whoever gave it may be leaving at the same time."""
    names = {key: message["notice"][key] for key in ("member_ids", "spoke", "roster")}
    changed = instead({**names, "named": message["named"]}, leaving)
    named = changed.pop("named")
    return {**{f"notice.{key}": value for key, value in changed.items()}, "named": named}


async def without(database: Database, group: Document, leaving: Leaving) -> Mapping[str, Any]:
    """What changes in a group's document: the newest roster, and among those who were ever in it
    her stand-in, and whoever came by a roster that the document did not know."""
    now = await newest(database.collection("messages", leaving.network_id), group["_id"])
    roster = stored_roster(now[1]) if now else group["roster"]
    roster = instead(roster, leaving)
    past_ids = instead(group["past_ids"], leaving)
    return {
        "roster": roster, "member_ids": roster["member_ids"],
        "past_ids": [*past_ids, *(id for id in roster["member_ids"] if id not in past_ids)],
        "gone": [*group.get("gone", ()), leaving.stand_in],
    }  # fmt: skip
