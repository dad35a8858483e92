"""The routes of signing in and out, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import identity_service_pb2 as identity

from services.gateway.tests.builders import (
    DEVICE,
    DEVICE_JSON,
    SESSION,
    SESSION_JSON,
    Route,
)

SERVICE = "/kith.identity.v1.DeviceService"
SESSIONS = [
    Route(
        "POST", "/v1/sessions", "/kith.identity.v1.SessionService/CreateSession",
        identity.CreateSessionRequest(
            network="berlin", email="ada@example.org", password="pw", device_label="Phone"
        ),
        identity.CreateSessionResponse(session=SESSION), SESSION_JSON,
        body={
            "network": "berlin", "email": "ada@example.org", "password": "pw",
            "deviceLabel": "Phone",
        },
        status=201, public=True,
    ),
    Route(
        "POST", "/v1/sessions/refresh", f"{SERVICE}/RefreshSession",
        devices.RefreshSessionRequest(refresh_token="opaque", request_id="q1"),
        devices.RefreshSessionResponse(session=SESSION), SESSION_JSON,
        body={"refreshToken": "opaque", "requestId": "q1"}, status=201, public=True,
    ),
    Route(
        "GET", "/v1/sessions", f"{SERVICE}/ListSessions", devices.ListSessionsRequest(),
        devices.ListSessionsResponse(devices=[DEVICE]), {"devices": [DEVICE_JSON]},
    ),
    Route(
        "DELETE", "/v1/sessions/s1", f"{SERVICE}/DeleteSession",
        devices.DeleteSessionRequest(session_id="s1"), devices.DeleteSessionResponse(), None,
        status=204,
    ),
    Route(
        "DELETE", "/v1/sessions", f"{SERVICE}/DeleteSessions", devices.DeleteSessionsRequest(),
        devices.DeleteSessionsResponse(), None, status=204,
    ),
    Route(
        "DELETE", "/v1/accounts/a1/sessions", f"{SERVICE}/DeleteSessions",
        devices.DeleteSessionsRequest(member_id="a1"), devices.DeleteSessionsResponse(), None,
        status=204,
    ),
]  # fmt: skip
