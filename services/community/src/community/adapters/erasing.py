"""What becomes of a leaving member's place in circles: her memberships, connections and words go.

A post that others have answered keeps its place without text, for their comments to hang on; one
that nobody else answered goes with all of its comments. A comment keeps its place: comments are
numbered without a gap.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from common.mongo import ASCENDING, Database, Document
from erasure.receipts import Count
from erasure.steps import BATCH, Anonymise, Leaving, Remove, Step, stand_in
from erasure.tombstones import LetGo, RemoveTold

from community.adapters.closing import CloseConnections
from community.adapters.leaving import LeaveCircles
from community.adapters.tie_events import CONNECTION_TOPIC, MEMBERSHIP_TOPIC

POSTS, COMMENTS, CONNECTIONS = "posts", "comments", "connections"


class UnansweredPosts:
    """Her posts without a comment of anybody else, and her own comments on them."""

    kind = POSTS

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        return Count(removed=len([post async for post in unanswered(database, leaving)]))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        posts = database.collection(POSTS, leaving.network_id)
        comments = database.collection(COMMENTS, leaving.network_id)
        async for post in unanswered(database, leaving):
            await comments.delete_many({"post_id": post["_id"]})
            await posts.delete_many({"_id": post["_id"]})


class AnsweredPosts(Anonymise):
    """Those that are left; they are counted by what the step before will leave."""

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        posts = database.collection(POSTS, leaving.network_id)
        all_of_them = await posts.count({"author_id": leaving.member_id})
        gone = await UnansweredPosts().count(database, leaving)
        return Count(anonymised=all_of_them - gone.removed)


def _wordless(document: Document, leaving: Leaving) -> Mapping[str, Any]:
    """A device's id of a request may say anything, so it goes; the new one is as unique."""
    return {"author_id": leaving.stand_in, "text": "", "request_id": str(document["_id"])}


def _opener(document: Document, leaving: Leaving) -> Mapping[str, Any]:
    return {"opened_by": leaving.stand_in, "request_id": str(document["_id"])}


def _adder(document: Document, leaving: Leaving) -> Mapping[str, Any]:
    return {"added_by": leaving.stand_in, "request_id": str(document["_id"])}


class Comments(Anonymise):
    """Her comments that are left; those on her own unanswered posts are gone by then."""

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        comments = database.collection(COMMENTS, leaving.network_id)
        all_of_them = await comments.count({"author_id": leaving.member_id})
        gone = 0
        async for post in unanswered(database, leaving):
            gone += await comments.count({"post_id": post["_id"]})
        return Count(removed=gone, anonymised=all_of_them - gone)


async def unanswered(database: Database, leaving: Leaving) -> AsyncIterator[Document]:
    """Her posts without a comment of anybody else."""
    posts = database.collection(POSTS, leaving.network_id)
    comments = database.collection(COMMENTS, leaving.network_id)
    after = ""
    while True:
        found = await posts.find(
            {"author_id": leaving.member_id, "request_id": {"$gt": after}},
            sort=[("request_id", ASCENDING)], limit=BATCH, projection={"request_id": 1},
        )  # fmt: skip
        for post in found:
            others = {"post_id": post["_id"], "author_id": {"$ne": leaving.member_id}}
            if await comments.find_one(others, {"_id": 1}) is None:
                yield post
        if len(found) < BATCH:
            return
        after = found[-1]["request_id"]


def steps(let_go: LetGo) -> tuple[Step, ...]:
    """What becomes of what; `let_go` ends what compacted topics keep of her."""
    return (
        Remove("members", "_id"),
        Remove("blocks", "member_ids"),
        CloseConnections(CONNECTIONS),
        RemoveTold(CONNECTIONS, "member_ids", CONNECTION_TOPIC, let_go),
        LeaveCircles(),
        RemoveTold("memberships", "member_id", MEMBERSHIP_TOPIC, let_go),
        UnansweredPosts(),
        AnsweredPosts(POSTS, "author_id", _wordless),
        Comments(COMMENTS, "author_id", _wordless),
        Anonymise("circles", "founder_id", stand_in("founder_id")),
        Anonymise("cases", "member_id", stand_in("member_id")),
        Anonymise("cases", "opened_by", _opener),
        Anonymise("cases", "claimed_by", stand_in("claimed_by")),
        Anonymise("resources", "added_by", _adder),
    )
