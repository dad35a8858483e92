"""What links in messages lead to."""

from __future__ import annotations

from typing import Annotated

from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from litestar import get
from litestar.params import QueryParameter

from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import Output, Time, time
from gateway.entrypoints.http.posts import INTENTS, IntentName
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Uuid

PostIds = Annotated[
    list[Uuid],
    QueryParameter(
        name="postId", min_items=1, max_items=20,
        description="The post of a link, `kith:posts/` and its id; once for each of at most 20.",
    ),
]  # fmt: skip


class PostPreview(Output):
    """A post in few words, for where a link to it stands."""

    post_id: str
    circle_id: str
    circle_display_name: str
    author_id: str
    intent: IntentName
    excerpt: str
    comment_count: int
    create_time: Time


class Previews(Output):
    """In the order asked for; what the caller may not read is left out, as is what is not there."""

    posts: list[PostPreview]


def preview_of(preview: pb.PostPreview) -> PostPreview:
    return PostPreview(
        post_id=preview.post_id, circle_id=preview.circle_id,
        circle_display_name=preview.circle_display_name, author_id=preview.author_id,
        intent=INTENTS.text(preview.intent), excerpt=preview.excerpt,
        comment_count=preview.comment_count, create_time=time(preview.create_time),
    )  # fmt: skip


@get("/v1/previews", summary="What links in messages lead to", tags=TAGS)
async def list_previews(request: KithRequest, post_ids: PostIds) -> Previews:
    reply = await request.ask(
        request.services.posts.ListPostPreviews, api.ListPostPreviewsRequest(post_ids=post_ids)
    )
    return Previews(posts=[preview_of(preview) for preview in reply.previews])
