"""What messaging tells a member of her side of conversations: seats, and who may write."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from common.mongo import ASCENDING, Database, Document
from export.kinds import Owned, Record, Whose, text_of

from messaging.adapters.mongo_blocks import COLLECTION as BLOCKED
from messaging.adapters.mongo_blocks import MongoBlocks, block_of
from messaging.adapters.mongo_seats import COLLECTION as SEATED
from messaging.adapters.mongo_seats import seat_of
from messaging.domain.block import Withholding
from messaging.domain.seat import Standing


def _seat(document: Document, whose: Whose) -> Record | None:
    if document["standing"] == Standing.UNHEARD:  # as she wished, this is shown to nobody
        return None
    until = document["muted_until"]
    return {
        "conversationId": str(document["conversation_id"]), "state": document["standing"],
        "muted": document["muted"],
        "mutedUntilTime": text_of(until) if until is not None else None,
        "left": document["left_after"] >= 0, "changeTime": text_of(document["changed_at"]),
        **({"invited": document["invited"]} if "invited" in document else {}),
    }  # fmt: skip


def _rule(document: Document, whose: Whose) -> Record:
    return {
        "whoMayWrite": document["who_may_write"], "changeTime": text_of(document["changed_at"]),
    }  # fmt: skip


def _availability(document: Document, whose: Whose) -> Record:
    until = document["not_until"]
    return {
        "timeZone": document["time_zone"],
        "notUntilTime": text_of(until) if until is not None else None,
        "hours": [
            {"weekday": weekday + 1, "startMinute": start, "endMinute": end}
            for weekday, start, end in document["windows"]
        ],
        "changeTime": text_of(document["changed_at"]),
    }


def _block(document: Document, whose: Whose) -> Record:
    return {
        "memberId": str(document["blocked_id"]),
        "times": [
            {
                "since": text_of(one.since),
                "until": text_of(one.until) if one.until is not None else None,
            }
            for one in block_of(document).spells
        ],
    }


SEATS = Owned(
    "seats", "seats", "Your side of conversations",
    "Which you agreed to, declined, muted or left, or are invited to; one that is not here is"
    " agreed.",
    "member_id", _seat,
)  # fmt: skip
RULES = Owned(
    "contact-rules", "contact_rules", "Who may write to you",
    "Whom you let write to you without asking first, if you ever said so.", "member_id", _rule,
)  # fmt: skip
BLOCKS = Owned(
    "blocks", "blocks", "Whom you blocked",
    "Members you did not want to hear, by their ids, and when. They were never told.",
    "member_id", _block,
)  # fmt: skip

AVAILABILITY = Owned(
    "availability", "availabilities", "When you answer",
    "Your office hours, in minutes of the day, and until when you said \"not today\".",
    "member_id", _availability,
)  # fmt: skip


async def unheard_of(
    database: Database, whose: Whose, conversation_ids: Collection[UUID]
) -> set[UUID]:
    """Those in which she is asked and, as she wished, nobody is shown it."""
    found = await database.collection(SEATED, whose.network_id).find(
        {"conversation_id": {"$in": list(conversation_ids)}, "member_id": whose.member_id,
         "standing": str(Standing.UNHEARD)},
        sort=[("conversation_id", ASCENDING)], limit=0,
    )  # fmt: skip
    return {document["conversation_id"] for document in found}


async def withholding_of(database: Database, whose: Whose, conversation: Document) -> Withholding:
    """What of a conversation is withheld from her."""
    seats = await database.collection(SEATED, whose.network_id).find(
        {"conversation_id": conversation["_id"], "member_id": whose.member_id},
        sort=[("conversation_id", ASCENDING)], limit=1,
    )  # fmt: skip
    peers = [id for id in conversation["member_ids"] if id != whose.member_id]
    blocks = await MongoBlocks(database.collection(BLOCKED, whose.network_id)).of(
        whose.member_id, peers
    )
    deaf = any(not seat_of(document).hears for document in seats)
    return Withholding(whose.member_id, deaf, blocks)
