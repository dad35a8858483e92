"""A post and its comments. Comments are numbered from 1, so the highest number is how many
there are; the post's own events are its first, a comment's the next after its number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from community.domain.text import check_request_id, check_text


class Intent(StrEnum):
    """What a post is for."""

    ASK = "ask"
    OFFER = "offer"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class PostDraft:
    """What an author hands in."""

    circle_id: UUID
    author_id: UUID
    intent: Intent
    text: str
    request_id: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless text and request id are within their limits."""
        check_text(self.text, "text")
        check_request_id(self.request_id)


@dataclass(frozen=True, slots=True)
class Post:
    """Something a member wrote to a circle; the order of ids is the order of time."""

    id: UUID
    circle_id: UUID
    author_id: UUID
    intent: Intent
    text: str
    request_id: str
    created_at: datetime
    comment_count: int = 0

    def is_of(self, draft: PostDraft) -> bool:
        """Whether `draft` is this post again."""
        return (self.circle_id, self.author_id, self.intent, self.text) == (
            draft.circle_id, draft.author_id, draft.intent, draft.text,
        )  # fmt: skip

    @property
    def sequence(self) -> int:
        """Place of its creation in the history of the post."""
        return 1


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """What somebody who answers hands in."""

    post_id: UUID
    author_id: UUID
    text: str
    request_id: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless text and request id are within their limits."""
        check_text(self.text, "text")
        check_request_id(self.request_id)


@dataclass(frozen=True, slots=True)
class Comment:
    """An answer to a post, in its place."""

    id: UUID
    post_id: UUID
    author_id: UUID
    number: int
    text: str
    request_id: str
    created_at: datetime

    def is_of(self, draft: CommentDraft) -> bool:
        """Whether `draft` is this comment again."""
        return (self.post_id, self.author_id, self.text) == (
            draft.post_id, draft.author_id, draft.text,
        )  # fmt: skip

    @property
    def sequence(self) -> int:
        """Place of its creation in the history of the post."""
        return self.number + 1

    def reply_latency(self, post: Post) -> timedelta | None:
        """How long the author of the post had waited; None if it is her own comment.

        Never negative, also when two machines' clocks disagree.
        """
        if self.author_id == post.author_id:
            return None
        return max(self.created_at - post.created_at, timedelta(0))


def write(draft: PostDraft, id: UUID) -> Post:
    """A new post."""
    return Post(
        id=id, circle_id=draft.circle_id, author_id=draft.author_id, intent=draft.intent,
        text=draft.text, request_id=draft.request_id, created_at=draft.created_at,
    )  # fmt: skip


def comment(draft: CommentDraft, id: UUID, number: int) -> Comment:
    """A new comment in its place."""
    return Comment(
        id=id, post_id=draft.post_id, author_id=draft.author_id, number=number,
        text=draft.text, request_id=draft.request_id, created_at=draft.created_at,
    )  # fmt: skip
