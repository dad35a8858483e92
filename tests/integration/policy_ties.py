"""One good request for every door of connections, and for leaving a circle.

Who is not asked, or asks too early, was let in all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from kith.community.v1 import community_service_pb2, connection_service_pb2

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import here


def tie_rpcs() -> Iterator[Case]:
    """Asked of community itself: everybody asks ben, and lets go of dora, whom nobody asks."""
    api, v1 = connection_service_pb2, "community.v1.ConnectionService/"
    yield rpc(
        v1 + "RequestConnection",
        lambda t: api.RequestConnectionRequest(member_id=t.ben),
        here,
    )
    yield rpc(v1 + "AcceptConnection", lambda t: api.AcceptConnectionRequest(member_id=t.dora))
    yield rpc(v1 + "DeleteConnection", lambda t: api.DeleteConnectionRequest(member_id=t.dora))
    yield rpc(v1 + "ListConnections", lambda _: api.ListConnectionsRequest())
    yield rpc(
        "community.v1.CircleService/LeaveCircle",
        lambda t: community_service_pb2.LeaveCircleRequest(circle_id=t.open_circle),
        here,
    )


def tie_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route("request_connection", "PUT", "/v1/connections/{ben}", here)
    yield route("accept_connection", "PUT", "/v1/connections/{dora}/acceptance")
    yield route("delete_connection", "DELETE", "/v1/connections/{dora}")
    yield route("list_connections", "GET", "/v1/connections?state=requested")
    yield route("leave_circle", "DELETE", "/v1/circles/{open_circle}/membership", here)
