"""What the world is told of posts and comments: who wrote what kind of thing, where and when, and
no word of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.community.events.v1 import community_events_pb2 as events

from community.domain.post import Comment, Intent, Post

POST_TOPIC = "community.post.v1"
ACTIVITY_TOPIC = "activity.member.v1"
_INTENTS = {
    Intent.ASK: (events.POST_INTENT_ASK, activity.ACTIVITY_KIND_ASK),
    Intent.OFFER: (events.POST_INTENT_OFFER, activity.ACTIVITY_KIND_OFFER),
    Intent.SHARE: (events.POST_INTENT_SHARE, activity.ACTIVITY_KIND_SHARE),
}


def of_post(network_id: UUID, post: Post) -> Iterator[Outgoing]:
    """The events of a new post: the fact, and its author's activity."""
    intent, kind = _INTENTS[post.intent]
    at = timestamp(post.created_at)
    created = events.PostCreated(
        network_id=str(network_id), circle_id=str(post.circle_id), post_id=str(post.id),
        author_id=str(post.author_id), intent=intent, create_time=at,
    )  # fmt: skip
    yield Outgoing(created, POST_TOPIC, post.id, post.sequence)
    did = activity.ActivityRecorded(
        network_id=str(network_id), member_id=str(post.author_id), kind=kind, occur_time=at,
        subject_id=str(post.id),
    )  # fmt: skip
    yield Outgoing(did, ACTIVITY_TOPIC, post.author_id, post.sequence)


def of_comment(network_id: UUID, post: Post, comment: Comment) -> Iterator[Outgoing]:
    """The events of a new comment: the fact, its author's activity, and that the author of the
    post was answered, unless it is she who comments."""
    at = timestamp(comment.created_at)
    created = events.CommentCreated(
        network_id=str(network_id), circle_id=str(post.circle_id), post_id=str(post.id),
        comment_id=str(comment.id), author_id=str(comment.author_id),
        post_author_id=str(post.author_id), create_time=at,
    )  # fmt: skip
    yield Outgoing(created, POST_TOPIC, post.id, comment.sequence)
    latency = comment.reply_latency(post)
    did = activity.ActivityRecorded(
        network_id=str(network_id), member_id=str(comment.author_id),
        kind=activity.ACTIVITY_KIND_COMMENT, occur_time=at, subject_id=str(post.id),
        peer_id="" if latency is None else str(post.author_id),
    )  # fmt: skip
    yield Outgoing(did, ACTIVITY_TOPIC, comment.author_id, comment.sequence)
    if latency is not None:
        got = activity.ActivityRecorded(
            network_id=str(network_id), member_id=str(post.author_id),
            kind=activity.ACTIVITY_KIND_POST_ANSWERED, occur_time=at, subject_id=str(post.id),
            peer_id=str(comment.author_id),
            reply_latency_ms=round(latency.total_seconds() * 1000),
        )  # fmt: skip
        yield Outgoing(got, ACTIVITY_TOPIC, post.author_id, comment.sequence)


def timestamp(at: datetime) -> Timestamp:
    """A time on the wire."""
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
