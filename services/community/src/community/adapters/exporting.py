"""What community tells a member of what it holds about her: her places in circles and her words.

Others' posts and comments are not hers to take along, also those that answer hers (ADR 26).
"""

from __future__ import annotations

from collections.abc import Mapping

from common.mongo import Document
from export.kinds import Kind, Owned, Record, Whose, text_of

from community.adapters.exporting_connections import Connections
from community.adapters.mongo_connections import connection_of


def _membership(document: Document, _: Whose) -> Record:
    return {
        "circleId": str(document["circle_id"]), "joinTime": text_of(document["joined_at"]),
        "leaveTime": text_of(document.get("left_at")),
    }  # fmt: skip


def _connection(document: Document, whose: Whose) -> Record | None:
    """What she may know of it, which is nothing while one of the two is being erased."""
    kept = connection_of(document)
    told = kept.told_to(whose.member_id)
    if told is None:
        return None
    return {
        "memberId": str(kept.other(whose.member_id)), "state": str(told.state),
        "askedBy": "you" if told.asked_by_her else "the other", "askTime": text_of(told.asked_at),
        "changeTime": text_of(told.since),
    }  # fmt: skip


def _circle(document: Document, _: Whose) -> Record:
    return {
        "circleId": str(document["_id"]), "displayName": document["display_name"],
        "purpose": document["purpose"], "createTime": text_of(document["created_at"]),
    }  # fmt: skip


def _resource(document: Document, _: Whose) -> Record:
    return {
        "resourceId": str(document["_id"]), "kind": str(document["kind"]),
        "title": document["title"], "summary": document["summary"], "url": document["url"],
        "language": document["language"], "lengthMinutes": document["length_minutes"],
        "state": str(document["state"]), "createTime": text_of(document["created_at"]),
        "withdrawTime": text_of(document["withdrawn_at"]),
    }  # fmt: skip


def _post(document: Document, _: Whose) -> Record:
    return {
        "postId": str(document["_id"]), "circleId": str(document["circle_id"]),
        "intent": str(document["intent"]), "text": document["text"],
        "createTime": text_of(document["created_at"]),
    }  # fmt: skip


def _comment(document: Document, _: Whose) -> Record:
    return {
        "commentId": str(document["_id"]), "postId": str(document["post_id"]),
        "text": document["text"], "createTime": text_of(document["created_at"]),
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("circle-memberships", "memberships", "Circles you are or were in",
          "The small groups you joined, and when; and when you left.", "member_id", _membership),
    Connections("connections", "connections", "Your connections",
                "With whom you are or were connected, and who asked whom.", "member_ids",
                _connection),
    Owned("posts", "posts", "Your posts",
          "What you asked, offered and shared in circles.", "author_id", _post),
    Owned("comments", "comments", "Your comments",
          "What you answered to posts. What others wrote is theirs and is not here.",
          "author_id", _comment),
    Owned("circles", "circles", "Circles you opened",
          "Circles you made for others.", "founder_id", _circle),
    Owned("resources", "resources", "Resources you added",
          "What you added to your network's library, also what was taken out again.",
          "added_by", _resource),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {
    "members": "holds only your id",
    "blocks": "whom you blocked is told by messaging, which keeps it; this is a copy",
    "cases": "that there was one, and who saw to it, stands among the looks at your data;"
    " what others feared for you is told by a person and not by a file",
}
"""Collections of which nothing is told, and why."""
