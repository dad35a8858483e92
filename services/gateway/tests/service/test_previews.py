"""What links lead to: posts and resources, asked for at once, each of its own RPC."""

from __future__ import annotations

import httpx
import pytest
from common.errors import Unavailable
from kith.community.v1 import community_service_pb2 as posts
from kith.community.v1 import resource_service_pb2 as library

from services.gateway.tests.builders import PREVIEW, PREVIEW_JSON
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
POSTS = "/kith.community.v1.PostService/ListPostPreviews"
RESOURCES = "/kith.community.v1.ResourceService/ListResourcePreviews"
RESOURCE = library.ResourcePreview(
    resource_id="r1", kind=library.RESOURCE_KIND_VIDEO, title="Nights", excerpt="Six minutes of…",
    url="https://example.org/nights", language="en", length_minutes=6,
)  # fmt: skip
RESOURCE_JSON = {
    "resourceId": "r1", "kind": "video", "title": "Nights", "excerpt": "Six minutes of…",
    "url": "https://example.org/nights", "language": "en", "lengthMinutes": 6,
}  # fmt: skip


async def previews(gateway: Gateway, *asked: tuple[str, str]) -> httpx.Response:
    return await gateway.http.get("/v1/previews", params=asked, headers=gateway.headers())


async def test_both_kinds_are_asked_for_at_once_each_in_its_order(gateway: Gateway) -> None:
    gateway.services.replies[POSTS] = posts.ListPostPreviewsResponse(previews=[PREVIEW])
    gateway.services.replies[RESOURCES] = library.ListResourcePreviewsResponse(previews=[RESOURCE])
    answer = await previews(
        gateway, ("resourceId", "r2"), ("postId", "p2"), ("resourceId", "r1"), ("postId", "p1")
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"posts": [PREVIEW_JSON], "resources": [RESOURCE_JSON]}
    [asked] = gateway.services.asked(POSTS)
    assert asked.request == posts.ListPostPreviewsRequest(post_ids=["p2", "p1"])
    [asked] = gateway.services.asked(RESOURCES)
    assert asked.request == library.ListResourcePreviewsRequest(resource_ids=["r2", "r1"])


async def test_of_a_kind_that_is_not_asked_for_nobody_is_asked(gateway: Gateway) -> None:
    gateway.services.replies[RESOURCES] = library.ListResourcePreviewsResponse(previews=[RESOURCE])
    answer = await previews(gateway, ("resourceId", "r1"))
    assert answer.json() == {"posts": [], "resources": [RESOURCE_JSON]}
    assert gateway.services.asked(POSTS) == []


@pytest.mark.parametrize(
    "post_count, resource_count, field",
    [(0, 0, "postId"), (21, 0, "postId"), (0, 21, "resourceId"), (11, 10, "postId")],
)
async def test_none_and_too_many_are_refused_and_nobody_is_asked(
    gateway: Gateway, post_count: int, resource_count: int, field: str
) -> None:
    asked = [("postId", f"p{number}") for number in range(post_count)]
    asked += [("resourceId", f"r{number}") for number in range(resource_count)]
    assert_problem(await previews(gateway, *asked), 400, "INVALID_ARGUMENT", field)
    assert gateway.services.asked(POSTS) == gateway.services.asked(RESOURCES) == []


@pytest.mark.parametrize("away", [POSTS, RESOURCES])
async def test_half_an_answer_is_none(gateway: Gateway, away: str) -> None:
    """What is not told because nobody could be asked must not look like what there is not."""
    gateway.services.replies[POSTS] = posts.ListPostPreviewsResponse(previews=[PREVIEW])
    gateway.services.replies[RESOURCES] = library.ListResourcePreviewsResponse(previews=[RESOURCE])
    gateway.services.replies[away] = Unavailable("away; try again")
    answer = await previews(gateway, ("postId", "p1"), ("resourceId", "r1"))
    assert_problem(answer, 503, "UNAVAILABLE")
