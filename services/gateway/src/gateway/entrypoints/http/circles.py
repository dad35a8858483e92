"""Circles: small groups inside a network."""

from __future__ import annotations

from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from litestar import delete, get, post, put
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
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
from gateway.entrypoints.http.shapes import Note500, Text80

TAGS = ["community"]


class CreateCircle(Input):
    """A circle to create."""

    display_name: Text80
    purpose: Note500 = ""
    request_id: RequestId = field(default_factory=fresh_id)


class Circle(Output):
    """A small group inside a network, as the caller sees it."""

    id: str
    display_name: str
    purpose: str
    member_count: int
    joined: bool
    create_time: Time


class CirclePage(Output):
    """Circles, oldest first."""

    circles: list[Circle]
    next_page_token: str


def circle_of(circle: pb.Circle) -> Circle:
    return Circle(
        id=circle.id, display_name=circle.display_name, purpose=circle.purpose,
        member_count=circle.member_count, joined=circle.joined,
        create_time=time(circle.create_time),
    )  # fmt: skip


@post("/v1/circles", dto=Json[CreateCircle], summary="Create a circle", tags=TAGS)
async def create_circle(request: KithRequest, data: JSONBody[CreateCircle]) -> Circle:
    reply = await request.ask(
        request.services.circles.CreateCircle,
        api.CreateCircleRequest(
            display_name=data.display_name, purpose=data.purpose, request_id=data.request_id
        ),
    )
    return circle_of(reply.circle)


@get("/v1/circles", summary="Circles of the network", tags=TAGS)
async def list_circles(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> CirclePage:
    reply = await request.ask(
        request.services.circles.ListCircles,
        api.ListCirclesRequest(page_size=page_size, page_token=page_token),
    )
    return CirclePage(
        circles=[circle_of(circle) for circle in reply.circles],
        next_page_token=reply.next_page_token,
    )


@put("/v1/circles/{circle_id:str}/membership", summary="Join a circle", tags=TAGS)
async def join_circle(request: KithRequest, circle_id: PathId) -> Circle:
    reply = await request.ask(
        request.services.circles.JoinCircle, api.JoinCircleRequest(circle_id=circle_id)
    )
    return circle_of(reply.circle)


@delete(
    "/v1/circles/{circle_id:str}/membership", status_code=200, summary="Leave a circle", tags=TAGS
)
async def leave_circle(request: KithRequest, circle_id: PathId) -> Circle:
    reply = await request.ask(
        request.services.circles.LeaveCircle, api.LeaveCircleRequest(circle_id=circle_id)
    )
    return circle_of(reply.circle)
