"""Circles, posts and comments for community's tests, valid unless a test says otherwise."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.auth import Access, Caller
from common.clock import to_millis
from common.ids import new_id
from common.testing.clock import FUTURE
from community.application.create_comment import create_comment
from community.application.create_post import create_post
from community.application.ports import Network
from community.application.turns import Turns
from community.domain.circle import Circle, CircleDraft, Membership, found
from community.domain.post import Comment, CommentDraft, Intent, Post, PostDraft, comment, write
from policy.authorize import authorize

NOW = FUTURE
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
OTHER_NETWORK = UUID("01900000-0000-7000-8000-000000000002")
WEIRD_TEXTS = ["", " ", "\n\t", "a\x00b", "x" * 10_001]


def access_of(member_id: UUID, method: str) -> Access:
    """A member at a method of PostService."""
    caller = Caller(member_id, NETWORK, frozenset({"member"}), "", 0.0)
    return Access(authorize, caller, f"/kith.community.v1.PostService/{method}")


async def posted(network: Network, draft: PostDraft) -> Post:
    """Post in the name of the draft's author."""
    return await create_post(network, access_of(draft.author_id, "CreatePost"), draft)


async def commented(network: Network, turns: Turns, draft: CommentDraft) -> Comment:
    """Comment in the name of the draft's author."""
    return await create_comment(network, turns, access_of(draft.author_id, "CreateComment"), draft)


def a_circle_draft(
    founder_id: UUID | None = None, *, name: str = "Mornings", purpose: str = "", request: str = ""
) -> CircleDraft:
    return CircleDraft(founder_id or new_id(), name, purpose, request or str(new_id()), NOW)


def a_circle(name: str = "Mornings") -> tuple[Circle, Membership]:
    return found(a_circle_draft(name=name), new_id())


def a_post_draft(
    circle_id: UUID, author_id: UUID | None = None, *, text: str = "Who is up?",
    intent: Intent = Intent.ASK, request: str = "", at: datetime = NOW,
) -> PostDraft:  # fmt: skip
    return PostDraft(
        circle_id, author_id or new_id(), intent, text, request or str(new_id()), to_millis(at)
    )


def a_post(circle_id: UUID, author_id: UUID | None = None, *, id: UUID | None = None) -> Post:
    return write(a_post_draft(circle_id, author_id), id or new_id())


def a_comment_draft(
    post_id: UUID, author_id: UUID | None = None, *, text: str = "I am.", request: str = "",
    at: datetime = NOW,
) -> CommentDraft:  # fmt: skip
    return CommentDraft(
        post_id, author_id or new_id(), text, request or str(new_id()), to_millis(at)
    )


def a_comment(post: Post, number: int = 1, author_id: UUID | None = None) -> Comment:
    return comment(a_comment_draft(post.id, author_id), new_id(), number)
