"""Between the words of the contracts and those of the domain."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import community_pb2 as pb

from community.domain.circle import Circle
from community.domain.post import Comment, Intent, Post
from community.domain.preview import PostPreview

_INTENTS = {intent: pb.Intent.Value(f"INTENT_{intent.upper()}") for intent in Intent}
_INTENT_OF = {number: intent for intent, number in _INTENTS.items()}
_MAX_DIGITS = 9


def intent_of(number: pb.Intent.ValueType) -> Intent:
    """The intent meant. Raises Invalid for one that is not known."""
    try:
        return _INTENT_OF[number]
    except KeyError:
        raise Invalid("intent must be ask, offer or share", field="intent") from None


def page_size(asked: int, *, default: int, most: int = 100) -> int:
    """The number of items on a page. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default


def id_of_page(token: str) -> UUID | None:
    """The id a page begins behind; None for the first. Raises Invalid."""
    return parse_id(token, "page_token") if token else None


def number_of_page(token: str) -> int:
    """The number a page begins behind; 0 for the first. Raises Invalid."""
    if token and not (token.isascii() and token.isdecimal() and len(token) <= _MAX_DIGITS):
        raise Invalid("page_token is none that was given out here", field="page_token")
    return int(token or 0)


def circle(item: Circle, *, joined: bool) -> pb.Circle:
    """A circle as it is told."""
    return pb.Circle(
        id=str(item.id), display_name=item.display_name, purpose=item.purpose,
        member_count=item.present_count, joined=joined, create_time=timestamp(item.created_at),
    )  # fmt: skip


def post(item: Post) -> pb.Post:
    """A post as it is told."""
    return pb.Post(
        id=str(item.id), circle_id=str(item.circle_id), author_id=str(item.author_id),
        intent=_INTENTS[item.intent], text=item.text, comment_count=item.comment_count,
        create_time=timestamp(item.created_at),
    )  # fmt: skip


def preview(item: PostPreview) -> pb.PostPreview:
    """A preview as it is told."""
    post = item.post
    return pb.PostPreview(
        post_id=str(post.id), circle_id=str(post.circle_id),
        circle_display_name=item.circle.display_name, author_id=str(post.author_id),
        intent=_INTENTS[post.intent], excerpt=item.excerpt, comment_count=post.comment_count,
        create_time=timestamp(post.created_at),
    )  # fmt: skip


def comment(item: Comment) -> pb.Comment:
    """A comment as it is told."""
    return pb.Comment(
        id=str(item.id), post_id=str(item.post_id), author_id=str(item.author_id), text=item.text,
        create_time=timestamp(item.created_at),
    )  # fmt: skip


def timestamp(at: datetime) -> Timestamp:
    """A time on the wire."""
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
