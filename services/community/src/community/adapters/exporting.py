"""What community tells a member of what it holds about her: her places in circles and her words.

Others' posts and comments are not hers to take along, also those that answer hers (ADR 26).
"""

from __future__ import annotations

from collections.abc import Mapping

from common.mongo import Document
from export.kinds import Kind, Owned, Record, Whose, text_of


def _membership(document: Document, _: Whose) -> Record:
    return {"circleId": str(document["circle_id"]), "joinTime": text_of(document["joined_at"])}


def _circle(document: Document, _: Whose) -> Record:
    return {
        "circleId": str(document["_id"]), "displayName": document["display_name"],
        "purpose": document["purpose"], "createTime": text_of(document["created_at"]),
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
    Owned("circle-memberships", "memberships", "Circles you are in",
          "The small groups you joined, and when.", "member_id", _membership),
    Owned("posts", "posts", "Your posts",
          "What you asked, offered and shared in circles.", "author_id", _post),
    Owned("comments", "comments", "Your comments",
          "What you answered to posts. What others wrote is theirs and is not here.",
          "author_id", _comment),
    Owned("circles", "circles", "Circles you opened",
          "Circles you made for others.", "founder_id", _circle),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {
    "cases": "that there was one, and who saw to it, stands among the looks at your data;"
    " what others feared for you is told by a person and not by a file",
}
"""Collections of which nothing is told, and why."""
