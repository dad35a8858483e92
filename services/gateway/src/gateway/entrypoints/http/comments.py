"""Comments on a post."""

from __future__ import annotations

from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import (
    Input,
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


class CreateComment(Input):
    """A comment to write."""

    text: Text10000
    request_id: RequestId = field(default_factory=fresh_id)


class Comment(Output):
    """An answer to a post."""

    id: str
    post_id: str
    author_id: str
    text: str
    create_time: Time


class CommentPage(Output):
    """Comments, oldest first."""

    comments: list[Comment]
    next_page_token: str


def comment_of(comment: pb.Comment) -> Comment:
    return Comment(
        id=comment.id, post_id=comment.post_id, author_id=comment.author_id, text=comment.text,
        create_time=time(comment.create_time),
    )  # fmt: skip


@post(
    "/v1/posts/{post_id:str}/comments", dto=Json[CreateComment], summary="Answer a post", tags=TAGS
)
async def create_comment(
    request: KithRequest, post_id: PathId, data: JSONBody[CreateComment]
) -> Comment:
    reply = await request.ask(
        request.services.posts.CreateComment,
        api.CreateCommentRequest(post_id=post_id, text=data.text, request_id=data.request_id),
    )
    return comment_of(reply.comment)


@get("/v1/posts/{post_id:str}/comments", summary="Comments on a post", tags=TAGS)
async def list_comments(
    request: KithRequest, post_id: PathId, page_size: PageSize = 0, page_token: PageToken = ""
) -> CommentPage:
    reply = await request.ask(
        request.services.posts.ListComments,
        api.ListCommentsRequest(post_id=post_id, page_size=page_size, page_token=page_token),
    )
    return CommentPage(
        comments=[comment_of(comment) for comment in reply.comments],
        next_page_token=reply.next_page_token,
    )
