"""The gRPC service of when a member answers: translate, one call, translate back."""

from __future__ import annotations

from datetime import datetime

from common import auth
from common.clock import Clock
from common.grpc_server import Context
from kith.messaging.v1 import availability_service_pb2 as api
from kith.messaging.v1 import availability_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.domain.availability import Availability, Window
from messaging.entrypoints.telling import time_of, timestamp


class AvailabilityService(grpc_api.AvailabilityServiceServicer):
    """See protos/kith/messaging/v1/availability_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def GetAvailability(
        self, request: api.GetAvailabilityRequest, context: Context
    ) -> api.GetAvailabilityResponse:
        caller = auth.current()
        said = await self._networks.of(caller.network_id).sides.availabilities.of([caller.subject])
        found = said.get(caller.subject, Availability())
        return api.GetAvailabilityResponse(availability=_told(found, self._clock.now()))

    async def SetAvailability(
        self, request: api.SetAvailabilityRequest, context: Context
    ) -> api.SetAvailabilityResponse:
        caller, now = auth.current(), self._clock.now()
        asked = request.availability
        # the enum counts from 1, as ISO 8601 does
        windows = tuple(
            Window(one.weekday - 1, one.start_minute, one.end_minute) for one in asked.hours
        )
        until = None
        if asked.HasField("not_until_time"):
            until = time_of(asked.not_until_time, "not_until_time")
        said = Availability(asked.time_zone, windows).absent_until(until, now)
        availabilities = self._networks.of(caller.network_id).sides.availabilities
        await availabilities.set(caller.subject, said, now)
        return api.SetAvailabilityResponse(availability=_told(said, now))


def _told(said: Availability, now: datetime) -> api.Availability:
    waits = said.not_until is not None and said.not_until > now
    return api.Availability(
        not_until_time=timestamp(said.not_until) if waits and said.not_until else None,
        time_zone=said.time_zone,
        hours=[
            api.OfficeHours(
                weekday=api.Weekday.ValueType(one.weekday + 1), start_minute=one.start,
                end_minute=one.end,
            )
            for one in said.windows
        ],
    )  # fmt: skip
