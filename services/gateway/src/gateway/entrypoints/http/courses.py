"""The course of a member's signal over time."""

from __future__ import annotations

from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2 as api
from litestar import get

from gateway.entrypoints.http.fields import Output, PageSize1000, PageToken, PathId, Time, time
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.signals import TAGS


class CoursePoint(Output):
    """One closed day of a member's course; `messages` were sent on that day."""

    day: Time
    probability: float
    probability_low: float
    probability_high: float
    engagement: float
    messages: int
    consent_version: int


class CoursePage(Output):
    """Days, oldest first."""

    points: list[CoursePoint]
    next_page_token: str


def point_of(point: pb.CoursePoint) -> CoursePoint:
    return CoursePoint(
        day=time(point.day), probability=point.probability,
        probability_low=point.probability_low, probability_high=point.probability_high,
        engagement=point.engagement, messages=point.messages,
        consent_version=point.consent_version,
    )  # fmt: skip


@get("/v1/signals/me/course", summary="The caller's own course", tags=TAGS)
async def list_own_course(
    request: KithRequest, page_size: PageSize1000 = 0, page_token: PageToken = ""
) -> CoursePage:
    return await _course(request, "", page_size, page_token)


@get("/v1/signals/{member_id:str}/course", summary="One member's course", tags=TAGS)
async def list_course(
    request: KithRequest, member_id: PathId, page_size: PageSize1000 = 0, page_token: PageToken = ""
) -> CoursePage:
    return await _course(request, member_id, page_size, page_token)


async def _course(
    request: KithRequest, member_id: str, page_size: int, page_token: str
) -> CoursePage:
    reply = await request.ask(
        request.services.signals.ListCoursePoints,
        api.ListCoursePointsRequest(
            member_id=member_id, page_size=page_size, page_token=page_token
        ),
    )
    return CoursePage(
        points=[point_of(point) for point in reply.points],
        next_page_token=reply.next_page_token,
    )
