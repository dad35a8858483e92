"""When the caller answers: "not today" until a time, and office hours."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.messaging.v1 import availability_service_pb2 as api
from litestar import get, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Int32,
    Names,
    Output,
    Time,
    TimeSent,
    time_if_set,
    timestamp,
)
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest

DayName = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]  # fmt: skip
DAYS: Names[DayName] = Names(api.Weekday.DESCRIPTOR)


class SetHours(Input):
    """Hours of a weekday, every week, in minutes of the day, which are multiples of 15."""

    weekday: DayName
    start_minute: Int32
    end_minute: Int32


class SetAvailability(Input):
    """Until when it is "not today", and office hours by the clock of a time zone: none is always.

    In place of all that was said before.
    """

    time_zone: str
    hours: Annotated[list[SetHours], Meta(description="At most 28.")]
    not_until_time: TimeSent | UnsetType = UNSET


class Hours(Output):
    """Hours of a weekday, every week, in minutes of the day."""

    weekday: DayName
    start_minute: int
    end_minute: int


class Availability(Output):
    """When the caller answers; messages arrive in any case."""

    time_zone: str
    hours: list[Hours]
    not_until_time: Time | UnsetType = UNSET


def availability_of(said: api.Availability) -> Availability:
    return Availability(
        time_zone=said.time_zone, not_until_time=time_if_set(said, "not_until_time"),
        hours=[
            Hours(
                weekday=DAYS.text(one.weekday), start_minute=one.start_minute,
                end_minute=one.end_minute,
            )
            for one in said.hours
        ],
    )  # fmt: skip


@get("/v1/availability", summary="When the caller answers", tags=TAGS)
async def get_availability(request: KithRequest) -> Availability:
    reply = await request.ask(
        request.services.availability.GetAvailability, api.GetAvailabilityRequest()
    )
    return availability_of(reply.availability)


@put(
    "/v1/availability", dto=Json[SetAvailability], tags=TAGS,
    summary="Say when the caller answers: not today, office hours",
)  # fmt: skip
async def set_availability(request: KithRequest, data: JSONBody[SetAvailability]) -> Availability:
    until = data.not_until_time
    said = api.Availability(
        time_zone=data.time_zone,
        not_until_time=None if until is UNSET else timestamp(until, "notUntilTime"),
        hours=[
            api.OfficeHours(
                weekday=DAYS.number(one.weekday), start_minute=one.start_minute,
                end_minute=one.end_minute,
            )
            for one in data.hours
        ],
    )  # fmt: skip
    reply = await request.ask(
        request.services.availability.SetAvailability,
        api.SetAvailabilityRequest(availability=said),
    )
    return availability_of(reply.availability)
