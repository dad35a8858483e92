"""The home feed."""

from __future__ import annotations

from kith.community.v1 import community_service_pb2 as api
from litestar import get

from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import PageSize, PageToken
from gateway.entrypoints.http.posts import PostPage, post_page
from gateway.entrypoints.http.request import KithRequest


@get("/v1/feed", summary="Posts of all the caller's circles", tags=TAGS)
async def list_home_feed(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> PostPage:
    reply = await request.ask(
        request.services.posts.ListHomeFeed,
        api.ListHomeFeedRequest(page_size=page_size, page_token=page_token),
    )
    return post_page(reply.posts, reply.next_page_token)
