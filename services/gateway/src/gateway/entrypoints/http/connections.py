"""Connections: two members who agreed."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.community.v1 import connection_pb2 as pb
from kith.community.v1 import connection_service_pb2 as api
from litestar import delete, get, put
from litestar.params import QueryParameter

from gateway.entrypoints.http.fields import (
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.request import KithRequest

StateName = Literal["connected", "requested", "received"]
STATES: Names[StateName] = Names(pb.ConnectionState.DESCRIPTOR)
InState = Annotated[
    StateName,
    QueryParameter(name="state", description="`requested`: her own; `received`: of others."),
]
TAGS = ["community"]


class Connection(Output):
    """What there is between the caller and another member.

    `requested`: she asked, and it stays so until the other accepts; `received`: the other asked.
    """

    member_id: str
    state: StateName
    change_time: Time


class ConnectionPage(Output):
    """Connections, in no order that means anything."""

    connections: list[Connection]
    next_page_token: str


def connection_of(connection: pb.Connection) -> Connection:
    return Connection(
        member_id=connection.member_id, state=STATES.text(connection.state),
        change_time=time(connection.change_time),
    )  # fmt: skip


@get("/v1/connections", summary="Connections, or requests of one's own or of others", tags=TAGS)
async def list_connections(
    request: KithRequest, in_state: InState = "connected", page_size: PageSize = 0,
    page_token: PageToken = "",
) -> ConnectionPage:  # fmt: skip
    reply = await request.ask(
        request.services.connections.ListConnections,
        api.ListConnectionsRequest(
            state=STATES.number(in_state), page_size=page_size, page_token=page_token
        ),
    )
    return ConnectionPage(
        connections=[connection_of(one) for one in reply.connections],
        next_page_token=reply.next_page_token,
    )


@put(
    "/v1/connections/{member_id:str}", tags=TAGS,
    summary="Ask a member to connect; if she asked, agree",
)  # fmt: skip
async def request_connection(request: KithRequest, member_id: PathId) -> Connection:
    reply = await request.ask(
        request.services.connections.RequestConnection,
        api.RequestConnectionRequest(member_id=member_id),
    )
    return connection_of(reply.connection)


@put(
    "/v1/connections/{member_id:str}/acceptance", tags=TAGS,
    summary="Agree to what a member asked",
)  # fmt: skip
async def accept_connection(request: KithRequest, member_id: PathId) -> Connection:
    reply = await request.ask(
        request.services.connections.AcceptConnection,
        api.AcceptConnectionRequest(member_id=member_id),
    )
    return connection_of(reply.connection)


@delete(
    "/v1/connections/{member_id:str}", tags=TAGS,
    summary="End a connection, decline a request, or take one's own back",
)  # fmt: skip
async def delete_connection(request: KithRequest, member_id: PathId) -> None:
    await request.ask(
        request.services.connections.DeleteConnection,
        api.DeleteConnectionRequest(member_id=member_id),
    )
