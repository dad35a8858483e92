"""The routes of connections and of leaving a circle, each with one good request."""

from __future__ import annotations

from kith.community.v1 import community_service_pb2 as community
from kith.community.v1 import connection_pb2 as pb
from kith.community.v1 import connection_service_pb2 as api

from services.gateway.tests.builders import (
    AT,
    CIRCLE,
    CIRCLE_JSON,
    NEXT,
    PAGE,
    QUERY,
    Json,
    Route,
    stamp,
)

SERVICE = "/kith.community.v1.ConnectionService"
ASKED = pb.Connection(member_id="b1", state=pb.CONNECTION_STATE_REQUESTED, change_time=stamp())
ASKED_JSON: Json = {"memberId": "b1", "state": "requested", "changeTime": AT}
AGREED = pb.Connection(member_id="b1", state=pb.CONNECTION_STATE_CONNECTED, change_time=stamp())
AGREED_JSON = ASKED_JSON | {"state": "connected"}
CONNECTIONS = [
    Route(
        "DELETE", "/v1/circles/c1/membership", "/kith.community.v1.CircleService/LeaveCircle",
        community.LeaveCircleRequest(circle_id="c1"),
        community.LeaveCircleResponse(circle=CIRCLE), CIRCLE_JSON,
    ),
    Route(
        "GET", f"/v1/connections?state=requested&{QUERY}", f"{SERVICE}/ListConnections",
        api.ListConnectionsRequest(state=pb.CONNECTION_STATE_REQUESTED, **PAGE),
        api.ListConnectionsResponse(connections=[ASKED], next_page_token="t2"),
        {"connections": [ASKED_JSON], **NEXT},
    ),
    Route(
        "PUT", "/v1/connections/b1", f"{SERVICE}/RequestConnection",
        api.RequestConnectionRequest(member_id="b1"),
        api.RequestConnectionResponse(connection=ASKED), ASKED_JSON,
    ),
    Route(
        "PUT", "/v1/connections/b1/acceptance", f"{SERVICE}/AcceptConnection",
        api.AcceptConnectionRequest(member_id="b1"),
        api.AcceptConnectionResponse(connection=AGREED), AGREED_JSON,
    ),
    Route(
        "DELETE", "/v1/connections/b1", f"{SERVICE}/DeleteConnection",
        api.DeleteConnectionRequest(member_id="b1"), api.DeleteConnectionResponse(), None,
        status=204,
    ),
]  # fmt: skip
