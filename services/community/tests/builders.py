"""Circles, posts and comments for community's tests, valid unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from common.clock import to_millis
from common.ids import new_id
from community.domain.circle import Circle, CircleDraft, Membership, found
from community.domain.post import Comment, CommentDraft, Intent, Post, PostDraft, comment, write

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
OTHER_NETWORK = UUID("01900000-0000-7000-8000-000000000002")
WEIRD_TEXTS = ["", " ", "\n\t", "a\x00b", "x" * 10_001]


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
