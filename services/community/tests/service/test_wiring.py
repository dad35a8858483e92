"""The whole service as it runs: from a request to its events in Kafka, through crashes too."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from common import mongo
from common.clock import SystemClock
from common.ids import new_id
from community.adapters.mongo import INDEXES, MongoNetworks
from community.adapters.mongo_circles import membership_id
from community.adapters.tie_events import MEMBERSHIP_TOPIC
from community.wiring import NAME
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.community.events.v1 import community_events_pb2 as events
from kith.community.events.v1 import tie_events_pb2 as ties

from services.community.tests.builders import NETWORK, a_comment, a_post
from services.community.tests.doors import Issuer
from services.community.tests.running import (
    ACTIVITY_TOPIC,
    POST_TOPIC,
    published,
    running,
)

WORDS = "words nobody else may read"
Environment = Mapping[str, str]


async def test_what_is_written_through_the_door_reaches_kafka_in_order(
    environment: Environment, issuer: Issuer, kafka: str, topic_prefix: str
) -> None:
    now = SystemClock().now()
    author, answerer = new_id(), new_id()
    admin = issuer.token(author, role="network_admin", now=now)
    ada = issuer.token(answerer, now=now)
    async with running(environment) as client:
        circle = await client.create_circle(admin)
        await client.join(ada, circle.id)
        post = await client.post(admin, circle.id, WORDS)
        for token in (ada, admin, ada):
            await client.comment(token, post.id, WORDS)
        told = await published(kafka, topic_prefix + POST_TOPIC, 4)
        did = await published(kafka, topic_prefix + ACTIVITY_TOPIC, 6)
        came = await published(kafka, topic_prefix + MEMBERSHIP_TOPIC, 2)
    assert [(key, sequence) for key, sequence, _ in told] == [(post.id, n) for n in (1, 2, 3, 4)]
    places = {membership_id(UUID(circle.id), member): member for member in (author, answerer)}
    assert {(UUID(key), sequence) for key, sequence, _ in came} == {(id, 1) for id in places}
    assert all(isinstance(message, ties.CircleJoined) for _, _, message in came)
    assert isinstance(told[0][2], events.PostCreated)
    assert all(isinstance(message, events.CommentCreated) for _, _, message in told[1:])
    kinds = [
        (key, activity.ActivityKind.Name(message.kind).removeprefix("ACTIVITY_KIND_"))
        for key, _, message in did
        if isinstance(message, activity.ActivityRecorded)
    ]
    assert kinds == [
        (str(author), "ASK"),
        (str(answerer), "COMMENT"), (str(author), "POST_ANSWERED"),
        (str(author), "COMMENT"),
        (str(answerer), "COMMENT"), (str(author), "POST_ANSWERED"),
    ]  # fmt: skip
    for _, _, message in (*told, *did):
        assert WORDS.encode() not in message.SerializeToString()


async def test_what_a_crash_left_in_the_database_is_told_posts_first(
    environment: Environment, kafka: str, mongodb_uri: str, topic_prefix: str
) -> None:
    post = a_post(new_id())
    name = f"{environment['KITH_DATABASE_PREFIX']}_{NAME}"
    async with mongo.connect(mongodb_uri, name) as crashed:
        await crashed.create_collections(INDEXES)
        network = MongoNetworks(crashed, wake=lambda: None).of(NETWORK)
        await network.posts.add(post)
        for number in (1, 2):
            await network.comments.add(post, a_comment(post, number))
    async with running(environment):
        told = await published(kafka, topic_prefix + POST_TOPIC, 3)
    assert [(key, sequence) for key, sequence, _ in told] == [(str(post.id), n) for n in (1, 2, 3)]
