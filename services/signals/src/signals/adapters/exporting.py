"""What signals tells a member of what it derived about her: the estimate and its course."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from common.errors import Invalid
from common.mongo import ASCENDING, Database, Document
from export.kinds import PAGE, Kind, Owned, Record, Whose, text_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _estimate(document: Document, _: Whose) -> Record:
    if "state" not in document:
        return {"consent": "not given, or withdrawn: nothing is computed"}
    last = _EPOCH + timedelta(milliseconds=document["last_activity"])
    return {
        "riskProbability": document["probability"], "activityCount": document["activities"],
        "lastActivityTime": text_of(last), "stateNumbers": list(document["state"]),
        "consentVersion": document.get("consent_version", 0),
    }  # fmt: skip


class Course:
    """A point for each day she was active on."""

    name, collection = "signal-days", "days"
    title = "The course of that"
    about = "The same, for each day on which you did something here."

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        wanted: dict[str, Any] = {"member_id": whose.member_id}
        if after:
            wanted["day"] = {"$gt": _day(after)}
        found = await database.collection(self.collection, whose.network_id).find(
            wanted, sort=[("day", ASCENDING)], limit=PAGE
        )
        rest = str(found[-1]["day"]) if len(found) == PAGE else ""
        return [_point(document) for document in found], rest


def _day(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Invalid("the page token is from somewhere else", field="page_token")
    return int(text)


def _point(document: Document) -> Record:
    p, low, high, theta, variance, engagement, messages, *version = document["values"]
    return {
        "day": (_EPOCH + timedelta(days=document["day"])).date().isoformat(),
        "riskProbability": p, "riskProbabilityLow": low, "riskProbabilityHigh": high,
        "loneliness": theta, "variance": variance, "engagement": engagement,
        "messageCount": messages, "consentVersion": int(version[0]) if version else 0,
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("signals", "members", "What was estimated about you",
          "Computed from what you do here, never from what you write, as long as you agree: how"
          " likely it is that you feel lonely.", "_id", _estimate),
    Course(),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {}
"""Collections of which nothing is told, and why."""
