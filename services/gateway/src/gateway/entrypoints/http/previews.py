"""What links in messages lead to."""

from __future__ import annotations

import asyncio
from typing import Annotated

from common.errors import Invalid
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from kith.community.v1 import resource_service_pb2 as library
from litestar import get
from litestar.params import QueryParameter

from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import Output, Time, time
from gateway.entrypoints.http.posts import INTENTS, IntentName
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.resources import RESOURCE_KINDS, ResourceKindName
from gateway.entrypoints.http.shapes import Uuid

MOST = 20
"""How many previews are asked for at once, of both kinds together."""
PostIds = Annotated[
    list[Uuid] | None,
    QueryParameter(
        name="postId", min_items=1, max_items=MOST,
        description="The post of a link, `kith:posts/` and its id; once for each.",
    ),
]  # fmt: skip
ResourceIds = Annotated[
    list[Uuid] | None,
    QueryParameter(
        name="resourceId", min_items=1, max_items=MOST,
        description="The resource of a link, `kith:resources/` and its id; once for each. Together "
        f"with the posts at least one and at most {MOST}.",
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


class ResourcePreview(Output):
    """A resource of the library in few words; `lengthMinutes` is 0 when it is not known."""

    resource_id: str
    kind: ResourceKindName
    title: str
    excerpt: str
    url: str
    language: str
    length_minutes: int


class Previews(Output):
    """Of each kind in the order asked for; what the caller may not read is left out, as is what is
    not there, or not any more."""

    posts: list[PostPreview]
    resources: list[ResourcePreview]


def preview_of(preview: pb.PostPreview) -> PostPreview:
    return PostPreview(
        post_id=preview.post_id, circle_id=preview.circle_id,
        circle_display_name=preview.circle_display_name, author_id=preview.author_id,
        intent=INTENTS.text(preview.intent), excerpt=preview.excerpt,
        comment_count=preview.comment_count, create_time=time(preview.create_time),
    )  # fmt: skip


def resource_preview_of(preview: library.ResourcePreview) -> ResourcePreview:
    return ResourcePreview(
        resource_id=preview.resource_id, kind=RESOURCE_KINDS.text(preview.kind),
        title=preview.title, excerpt=preview.excerpt, url=preview.url, language=preview.language,
        length_minutes=preview.length_minutes,
    )  # fmt: skip


@get("/v1/previews", summary="What links in messages lead to", tags=TAGS)
async def list_previews(  # named as in the address: a refusal names what was wrong
    request: KithRequest, post_id: PostIds = None, resource_id: ResourceIds = None
) -> Previews:
    post_ids, resource_ids = post_id or [], resource_id or []
    if not 1 <= len(post_ids) + len(resource_ids) <= MOST:
        raise Invalid(
            f"ask for 1 to {MOST} posts and resources, by postId and resourceId", field="postId"
        )
    posts, resources = await asyncio.gather(
        _posts(request, post_ids), _resources(request, resource_ids)
    )
    return Previews(posts=posts, resources=resources)


async def _posts(request: KithRequest, ids: list[str]) -> list[PostPreview]:
    if not ids:
        return []
    reply = await request.ask(
        request.services.posts.ListPostPreviews, api.ListPostPreviewsRequest(post_ids=ids)
    )
    return [preview_of(preview) for preview in reply.previews]


async def _resources(request: KithRequest, ids: list[str]) -> list[ResourcePreview]:
    if not ids:
        return []
    reply = await request.ask(
        request.services.resources.ListResourcePreviews,
        library.ListResourcePreviewsRequest(resource_ids=ids),
    )
    return [resource_preview_of(preview) for preview in reply.previews]
