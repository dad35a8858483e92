"""Who is let through: tokens, and the walls between networks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api

from services.community.tests.builders import OTHER_NETWORK
from services.community.tests.doors import Client, Door, Issuer, refusal


def calls(client: Client, circle_id: str, post_id: str, page: str = "") -> dict[str, Any]:
    """Every method, with a request that is fine for who is in the circle."""
    circles, posts = client.circles, client.posts
    return {
        "CreateCircle": (
            circles.CreateCircle,
            api.CreateCircleRequest(display_name="x", request_id=str(new_id())),
        ),
        "ListCircles": (circles.ListCircles, api.ListCirclesRequest(page_token=page)),
        "JoinCircle": (circles.JoinCircle, api.JoinCircleRequest(circle_id=circle_id)),
        "CreatePost": (
            posts.CreatePost,
            api.CreatePostRequest(
                circle_id=circle_id, intent=pb.INTENT_ASK, text="x", request_id=str(new_id())
            ),
        ),
        "ListPosts": (
            posts.ListPosts,
            api.ListPostsRequest(circle_id=circle_id, page_token=page),
        ),
        "CreateComment": (
            posts.CreateComment,
            api.CreateCommentRequest(post_id=post_id, text="x", request_id=str(new_id())),
        ),
        "ListComments": (posts.ListComments, api.ListCommentsRequest(post_id=post_id)),
        "ListHomeFeed": (posts.ListHomeFeed, api.ListHomeFeedRequest(page_token=page)),
        "ListPostPreviews": (
            posts.ListPostPreviews,
            api.ListPostPreviewsRequest(post_ids=[post_id]),
        ),
    }


METHODS = [
    "CreateCircle", "ListCircles", "JoinCircle", "CreatePost", "ListPosts", "CreateComment",
    "ListComments", "ListHomeFeed", "ListPostPreviews",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
async def test_without_a_good_token_nothing_is_done(door: Door, method: str) -> None:
    circle = await door.client.create_circle(door.admin())
    behaviour, request = calls(door.client, circle.id, str(new_id()))[method]
    expired, forged = door.admin(), Issuer().token(new_id(), role="network_admin")
    door.clock.advance(timedelta(hours=2))
    for token in (None, "", "garbage", expired, forged):
        assert (await refusal(behaviour, request, token)).reason == "UNAUTHENTICATED"


async def test_nothing_of_another_network_is_seen_changed_or_hinted_at(door: Door) -> None:
    client, admin = door.client, door.admin()
    circle = await client.create_circle(admin, "Theirs")
    post = await client.post(admin, circle.id, "their words")
    await client.comment(admin, post.id, "their answer")
    stranger = door.admin(network_id=OTHER_NETWORK)
    answers = []
    for circle_id, post_id in ((circle.id, post.id), (str(new_id()), str(new_id()))):
        told = {}
        for method, (behaviour, request) in calls(client, circle_id, post_id, post_id).items():
            if method == "CreateCircle":
                continue
            try:
                told[method] = await call(behaviour, request, token=stranger)
            except RemoteError as error:
                told[method] = (error.kind, error.reason, error.message, error.metadata)
        answers.append(told)
    assert answers[0] == answers[1]  # what is elsewhere and what is nowhere look the same
    assert answers[0]["ListCircles"] == api.ListCirclesResponse()
    assert answers[0]["ListHomeFeed"] == api.ListHomeFeedResponse()
    assert answers[0]["ListPostPreviews"] == api.ListPostPreviewsResponse()
    for method in ("JoinCircle", "CreatePost", "ListPosts"):
        assert answers[0][method][1] == "CIRCLE_NOT_FOUND"
    for method in ("CreateComment", "ListComments"):
        assert answers[0][method][1] == "POST_NOT_FOUND"
    listed = await call(
        client.posts.ListPosts, api.ListPostsRequest(circle_id=circle.id), token=admin
    )
    assert [(post.text, post.comment_count) for post in listed.posts] == [("their words", 1)]
    assert (await client.join(admin, circle.id)).member_count == 1


async def test_the_same_account_in_two_networks_is_two_members(door: Door) -> None:
    person, client = new_id(), door.client
    here = door.issuer.token(person, role="network_admin")
    there = door.issuer.token(person, network_id=OTHER_NETWORK, role="network_admin")
    request = api.CreateCircleRequest(display_name="Mine", request_id="once")
    one = (await call(client.circles.CreateCircle, request, token=here)).circle
    other = (await call(client.circles.CreateCircle, request, token=there)).circle
    assert one.id != other.id
    await client.post(here, one.id)
    feed = await call(client.posts.ListHomeFeed, api.ListHomeFeedRequest(), token=there)
    assert not feed.posts
