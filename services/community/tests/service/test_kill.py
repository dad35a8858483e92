"""Killed at any moment, the service keeps what it acknowledged, and tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from common.clock import SystemClock
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from kith.community.events.v1 import community_events_pb2 as events
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api

from services.community.tests.doors import Client, Issuer
from services.community.tests.running import POST_TOPIC, free_address, published, spawned


class Acknowledged:
    """What the service said is stored, of a circle and of one of its posts."""

    def __init__(self, shared: pb.Post) -> None:
        self.shared = shared
        self.posts = {shared.id}
        self.comments = set[str]()
        self.enough = asyncio.Event()

    async def write(self, client: Client, token: str) -> None:
        """Post and comment until the service is gone."""
        try:
            while True:
                self.posts.add((await client.post(token, self.shared.circle_id)).id)
                self.comments.add((await client.comment(token, self.shared.id)).id)
                if len(self.comments) >= 40:
                    self.enough.set()
        except RemoteError as error:
            if error.reason != "UNAVAILABLE":
                raise


async def posts_in(client: Client, token: str) -> dict[str, pb.Post]:
    """All posts of the caller's feed, by id."""
    found: dict[str, pb.Post] = {}
    request = api.ListHomeFeedRequest(page_size=100)
    while True:
        page = await call(client.posts.ListHomeFeed, request, token=token)
        found |= {post.id: post for post in page.posts}
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    environment: Mapping[str, str], issuer: Issuer, kafka: str, topic_prefix: str
) -> None:
    admin = issuer.token(new_id(), role="network_admin", now=SystemClock().now())
    at = free_address()
    async with spawned(environment, admin, at) as (process, client):
        circle = await client.create_circle(admin)
        told_us = Acknowledged(await client.post(admin, circle.id))
        writers = [asyncio.create_task(told_us.write(client, admin)) for _ in range(6)]
        await told_us.enough.wait()
        process.kill()
        await asyncio.gather(*writers)
    shared = told_us.shared.id
    async with spawned(environment, admin, at) as (process, client):
        told_us.comments.add((await client.comment(admin, shared)).id)
        kept = await posts_in(client, admin)
        thread = api.ListCommentsRequest(post_id=shared, page_size=100)
        comments = (await call(client.posts.ListComments, thread, token=admin)).comments
        records = await published(kafka, topic_prefix + POST_TOPIC, len(kept) + len(comments))
        process.terminate()
        assert await process.wait() == 0
    assert kept.keys() >= told_us.posts
    assert {comment.id for comment in comments} >= told_us.comments
    assert kept[shared].comment_count == len(comments)
    events_of = [message for _, _, message in records if isinstance(message, events.PostCreated)]
    assert {message.post_id for message in events_of} == kept.keys()
    order = [sequence for key, sequence, _ in records if key == shared]
    assert list(dict.fromkeys(order)) == list(range(1, len(comments) + 2))
