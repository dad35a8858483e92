"""Posts and comments over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

from typing import Any, cast

import pytest
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api

from services.community.tests.builders import NOW, WEIRD_TEXTS
from services.community.tests.doors import Client, refusal

CREATED = Timestamp(seconds=int(NOW.timestamp()))


@pytest.mark.parametrize("intent", [pb.INTENT_ASK, pb.INTENT_OFFER, pb.INTENT_SHARE])
async def test_a_post_is_seen_by_the_circle(
    client: Client, admin: str, ada: str, intent: pb.Intent.ValueType
) -> None:
    circle = await client.create_circle(admin)
    await client.join(ada, circle.id)
    request = api.CreatePostRequest(
        circle_id=circle.id, intent=intent, text="Wer ist wach? 🌅", request_id="once"
    )
    post = (await call(client.posts.CreatePost, request, token=ada)).post
    assert (post.circle_id, post.intent, post.text) == (circle.id, intent, "Wer ist wach? 🌅")
    assert (post.comment_count, post.create_time) == (0, CREATED)
    assert (await call(client.posts.CreatePost, request, token=ada)).post == post
    listed = await call(
        client.posts.ListPosts, api.ListPostsRequest(circle_id=circle.id), token=admin
    )
    assert list(listed.posts) == [post]
    request.text = "Else"
    refused = await refusal(client.posts.CreatePost, request, ada)
    assert (refused.kind, refused.reason) == (Kind.CONFLICT, "REQUEST_ID_REUSED")


async def test_a_comment_is_counted_when_it_is_acknowledged(
    client: Client, admin: str, ada: str
) -> None:
    circle = await client.create_circle(admin)
    await client.join(ada, circle.id)
    post = await client.post(ada, circle.id)
    request = api.CreateCommentRequest(post_id=post.id, text="I am.", request_id="once")
    comment = (await call(client.posts.CreateComment, request, token=admin)).comment
    assert (comment.post_id, comment.text, comment.create_time) == (post.id, "I am.", CREATED)
    assert (await call(client.posts.CreateComment, request, token=admin)).comment == comment
    listed = await call(
        client.posts.ListPosts, api.ListPostsRequest(circle_id=circle.id), token=ada
    )
    assert listed.posts[0].comment_count == 1
    request.text = "Else"
    refused = await refusal(client.posts.CreateComment, request, admin)
    assert (refused.kind, refused.reason) == (Kind.CONFLICT, "REQUEST_ID_REUSED")


async def test_pages_of_posts_and_comments_hold_each_once(client: Client, admin: str) -> None:
    circle = await client.create_circle(admin)
    posts = [await client.post(admin, circle.id, str(number)) for number in range(5)]
    comments = [await client.comment(admin, posts[0].id, str(number)) for number in range(5)]
    seen, token = list[str](), ""
    while True:
        list_posts = api.ListPostsRequest(circle_id=circle.id, page_size=2, page_token=token)
        posts_page = await call(client.posts.ListPosts, list_posts, token=admin)
        seen += [post.id for post in posts_page.posts]
        token = posts_page.next_page_token
        if not token:
            break
    assert seen == [post.id for post in reversed(posts)]
    seen = []
    while True:
        list_comments = api.ListCommentsRequest(post_id=posts[0].id, page_size=2, page_token=token)
        comments_page = await call(client.posts.ListComments, list_comments, token=admin)
        seen += [comment.id for comment in comments_page.comments]
        token = comments_page.next_page_token
        if not token:
            break
    assert seen == [comment.id for comment in comments]


async def test_the_home_feed_is_of_the_callers_circles_newest_first(
    client: Client, admin: str, ada: str
) -> None:
    circles = [await client.create_circle(admin, f"Circle {number}") for number in range(3)]
    for circle in circles[:2]:
        await client.join(ada, circle.id)
    posts = [await client.post(admin, circles[number % 3].id) for number in range(9)]
    wanted = [post.id for post in reversed(posts) if post.circle_id != circles[2].id]
    seen, token = list[str](), ""
    while True:
        request = api.ListHomeFeedRequest(page_size=4, page_token=token)
        page = await call(client.posts.ListHomeFeed, request, token=ada)
        seen += [post.id for post in page.posts]
        token = page.next_page_token
        if not token:
            break
        await client.post(admin, circles[0].id, "meanwhile")
    assert seen == wanted
    first = await call(client.posts.ListHomeFeed, api.ListHomeFeedRequest(), token=ada)
    assert first.posts[0].text == "meanwhile"


@pytest.mark.parametrize("text", WEIRD_TEXTS)
async def test_what_is_no_text_is_refused(client: Client, admin: str, text: str) -> None:
    circle = await client.create_circle(admin)
    post = await client.post(admin, circle.id)
    tries: list[tuple[Any, Any]] = [
        (
            client.posts.CreatePost,
            api.CreatePostRequest(
                circle_id=circle.id, intent=pb.INTENT_ASK, text=text, request_id="r"
            ),
        ),
        (
            client.posts.CreateComment,
            api.CreateCommentRequest(post_id=post.id, text=text, request_id="r"),
        ),
    ]
    for behaviour, request in tries:
        refused = await refusal(behaviour, request, admin)
        assert (refused.kind, refused.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
        assert refused.metadata == {"field": "text"}


async def test_a_post_needs_an_intent_that_is_known_and_a_request_id(
    client: Client, admin: str
) -> None:
    circle = await client.create_circle(admin)
    for number in (0, 99):  # 99: as a newer client may send
        intent = cast(pb.Intent.ValueType, number)
        request = api.CreatePostRequest(
            circle_id=circle.id, intent=intent, text="x", request_id="r"
        )
        refused = await refusal(client.posts.CreatePost, request, admin)
        assert (refused.reason, refused.metadata) == ("INVALID_ARGUMENT", {"field": "intent"})
    request = api.CreatePostRequest(circle_id=circle.id, intent=pb.INTENT_ASK, text="x")
    refused = await refusal(client.posts.CreatePost, request, admin)
    assert refused.metadata == {"field": "request_id"}


def gated(client: Client, circle_id: str, post_id: str) -> list[tuple[Any, Any]]:
    """Every method that needs to be in the circle, with a request that is fine."""
    return [
        (
            client.posts.CreatePost,
            api.CreatePostRequest(
                circle_id=circle_id, intent=pb.INTENT_ASK, text="x", request_id="r"
            ),
        ),
        (client.posts.ListPosts, api.ListPostsRequest(circle_id=circle_id)),
        (
            client.posts.CreateComment,
            api.CreateCommentRequest(post_id=post_id, text="x", request_id="r"),
        ),
        (client.posts.ListComments, api.ListCommentsRequest(post_id=post_id)),
    ]


async def test_who_is_not_in_the_circle_is_told_to_join(
    client: Client, admin: str, ada: str
) -> None:
    circle = await client.create_circle(admin)
    post = await client.post(admin, circle.id)
    for behaviour, request in gated(client, circle.id, post.id):
        refused = await refusal(behaviour, request, ada)
        assert (refused.kind, refused.reason) == (Kind.PRECONDITION, "CIRCLE_NOT_JOINED")
        assert refused.metadata == {"circle_id": circle.id}
    await client.join(ada, circle.id)
    for behaviour, request in gated(client, circle.id, post.id):
        await call(behaviour, request, token=ada)


async def test_what_is_not_there_is_not_found(client: Client, admin: str) -> None:
    reasons = [
        (await refusal(behaviour, request, admin)).reason
        for behaviour, request in gated(client, str(new_id()), str(new_id()))
    ]
    assert reasons == ["CIRCLE_NOT_FOUND"] * 2 + ["POST_NOT_FOUND"] * 2


@pytest.mark.parametrize("size, token", [(-1, ""), (101, ""), (0, "no token"), (0, "-1")])
async def test_a_page_that_cannot_be_is_refused(
    client: Client, admin: str, size: int, token: str
) -> None:
    circle = await client.create_circle(admin)
    post = await client.post(admin, circle.id)
    tries: list[tuple[Any, Any]] = [
        (client.circles.ListCircles, api.ListCirclesRequest),
        (client.posts.ListPosts, lambda **page: api.ListPostsRequest(circle_id=circle.id, **page)),
        (
            client.posts.ListComments,
            lambda **page: api.ListCommentsRequest(post_id=post.id, **page),
        ),
        (client.posts.ListHomeFeed, api.ListHomeFeedRequest),
    ]
    for behaviour, make in tries:
        refused = await refusal(behaviour, make(page_size=size, page_token=token), admin)
        assert (refused.kind, refused.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
        assert refused.metadata == {"field": "page_token" if token else "page_size"}


@pytest.mark.parametrize("token", ["9" * 10, "²", "1.5"])
async def test_a_number_no_page_ends_with_is_refused(
    client: Client, admin: str, token: str
) -> None:
    post = await client.post(admin, (await client.create_circle(admin)).id)
    request = api.ListCommentsRequest(post_id=post.id, page_token=token)
    assert (await refusal(client.posts.ListComments, request, admin)).metadata == {
        "field": "page_token"
    }
