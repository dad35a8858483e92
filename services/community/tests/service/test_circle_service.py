"""Circles over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

import pytest
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api

from services.community.tests.builders import NOW
from services.community.tests.doors import Client, Door, refusal

CREATED = Timestamp(seconds=int(NOW.timestamp()))


async def test_an_admin_opens_a_circle_and_is_in_it(client: Client, admin: str) -> None:
    request = api.CreateCircleRequest(
        display_name="Mornings", purpose="Up early", request_id="once"
    )
    circle = (await call(client.circles.CreateCircle, request, token=admin)).circle
    assert (circle.display_name, circle.purpose) == ("Mornings", "Up early")
    assert (circle.member_count, circle.joined, circle.create_time) == (1, True, CREATED)
    assert (await call(client.circles.CreateCircle, request, token=admin)).circle == circle
    request.display_name = "Evenings"
    refused = await refusal(client.circles.CreateCircle, request, admin)
    assert (refused.kind, refused.reason) == (Kind.CONFLICT, "REQUEST_ID_REUSED")


@pytest.mark.parametrize("role", ["member", "mentor", "moderator", "platform_operator"])
async def test_only_an_admin_opens_circles(door: Door, client: Client, role: str) -> None:
    token = door.issuer.token(new_id(), role=role)
    request = api.CreateCircleRequest(display_name="Mornings", request_id="once")
    refused = await refusal(client.circles.CreateCircle, request, token)
    assert (refused.kind, refused.reason) == (Kind.FORBIDDEN, "FORBIDDEN")


@pytest.mark.parametrize(
    "request_, field",
    [
        (api.CreateCircleRequest(display_name=" ", request_id="r"), "display_name"),
        (api.CreateCircleRequest(display_name="x" * 81, request_id="r"), "display_name"),
        (api.CreateCircleRequest(display_name="a\x00", request_id="r"), "display_name"),
        (api.CreateCircleRequest(display_name="x", purpose="x" * 501, request_id="r"), "purpose"),
        (api.CreateCircleRequest(display_name="x"), "request_id"),
        (api.CreateCircleRequest(display_name="x", request_id="x" * 65), "request_id"),
    ],
)
async def test_a_circle_that_cannot_be_names_the_field(
    client: Client, admin: str, request_: api.CreateCircleRequest, field: str
) -> None:
    refused = await refusal(client.circles.CreateCircle, request_, admin)
    assert (refused.kind, refused.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
    assert refused.metadata == {"field": field}


async def test_joining_counts_once(client: Client, admin: str, ada: str) -> None:
    circle = await client.create_circle(admin)
    for _ in range(2):
        joined = await client.join(ada, circle.id)
        assert (joined.member_count, joined.joined) == (2, True)
    assert (await client.join(admin, circle.id)).member_count == 2


async def test_a_circle_that_is_not_there_is_not_joined(client: Client, ada: str) -> None:
    request = api.JoinCircleRequest(circle_id=str(new_id()))
    refused = await refusal(client.circles.JoinCircle, request, ada)
    assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "CIRCLE_NOT_FOUND")
    for text in ("", "no-id", str(new_id()).upper()):
        refused = await refusal(
            client.circles.JoinCircle, api.JoinCircleRequest(circle_id=text), ada
        )
        assert refused.reason == "INVALID_ARGUMENT"


async def test_pages_of_circles_say_which_are_joined(client: Client, admin: str, ada: str) -> None:
    circles = [await client.create_circle(admin, f"Circle {number}") for number in range(5)]
    await client.join(ada, circles[3].id)
    listed, token = list[pb.Circle](), ""
    while True:
        request = api.ListCirclesRequest(page_size=2, page_token=token)
        page = await call(client.circles.ListCircles, request, token=ada)
        listed += page.circles
        token = page.next_page_token
        if not token:
            break
    assert [circle.id for circle in listed] == [circle.id for circle in circles]
    assert [circle.joined for circle in listed] == [False, False, False, True, False]
    assert [circle.member_count for circle in listed] == [1, 1, 1, 2, 1]
