"""The routes of presence, each with one good request."""

from __future__ import annotations

from kith.messaging.v1 import presence_service_pb2 as api

from services.gateway.tests.builders import Route

SERVICE = "/kith.messaging.v1.PresenceService/"
PRESENCE: list[Route] = [
    Route(
        "GET", "/v1/presence", SERVICE + "GetPresence", api.GetPresenceRequest(),
        api.GetPresenceResponse(shown=True), {"shown": True},
    ),
    Route(
        "PUT", "/v1/presence", SERVICE + "SetPresence", api.SetPresenceRequest(shown=True),
        api.SetPresenceResponse(shown=True), {"shown": True}, body={"shown": True},
    ),
]  # fmt: skip
