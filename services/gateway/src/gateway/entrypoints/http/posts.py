"""Posts of a circle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Text10000

IntentName = Literal["ask", "offer", "share"]
INTENTS: Names[IntentName] = Names(pb.Intent.DESCRIPTOR)


class CreatePost(Input):
    """A post to write."""

    intent: IntentName
    text: Text10000
    request_id: RequestId = field(default_factory=fresh_id)


class Post(Output):
    """Something a member wrote to a circle."""

    id: str
    circle_id: str
    author_id: str
    intent: IntentName
    text: str
    comment_count: int
    create_time: Time


class PostPage(Output):
    """Posts, newest first."""

    posts: list[Post]
    next_page_token: str


def post_of(post: pb.Post) -> Post:
    return Post(
        id=post.id, circle_id=post.circle_id, author_id=post.author_id,
        intent=INTENTS.text(post.intent), text=post.text, comment_count=post.comment_count,
        create_time=time(post.create_time),
    )  # fmt: skip


def post_page(posts: Iterable[pb.Post], next_page_token: str) -> PostPage:
    return PostPage(posts=[post_of(post) for post in posts], next_page_token=next_page_token)


@post(
    "/v1/circles/{circle_id:str}/posts", dto=Json[CreatePost], summary="Write to a circle",
    tags=TAGS,
)  # fmt: skip
async def create_post(request: KithRequest, circle_id: PathId, data: JSONBody[CreatePost]) -> Post:
    reply = await request.ask(
        request.services.posts.CreatePost,
        api.CreatePostRequest(
            circle_id=circle_id, intent=INTENTS.number(data.intent), text=data.text,
            request_id=data.request_id,
        ),
    )  # fmt: skip
    return post_of(reply.post)


@get("/v1/circles/{circle_id:str}/posts", summary="Posts of a circle", tags=TAGS)
async def list_posts(
    request: KithRequest, circle_id: PathId, page_size: PageSize = 0, page_token: PageToken = ""
) -> PostPage:
    reply = await request.ask(
        request.services.posts.ListPosts,
        api.ListPostsRequest(circle_id=circle_id, page_size=page_size, page_token=page_token),
    )
    return post_page(reply.posts, reply.next_page_token)
