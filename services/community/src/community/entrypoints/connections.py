"""Connections over gRPC."""

from __future__ import annotations

from uuid import UUID

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.community.v1 import connection_pb2 as pb
from kith.community.v1 import connection_service_pb2 as api
from kith.community.v1 import connection_service_pb2_grpc as grpc_api

from community.application import connections
from community.application.ports import Networks
from community.domain.connection import Connection, View
from community.entrypoints import translate

_STATES = {view: pb.ConnectionState.Value(f"CONNECTION_STATE_{view.upper()}") for view in View}
_VIEW_OF = {number: view for view, number in _STATES.items()} | {0: View.CONNECTED}


class ConnectionService(grpc_api.ConnectionServiceServicer):
    """See protos/kith/community/v1/connection_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def RequestConnection(
        self, request: api.RequestConnectionRequest, context: Context
    ) -> api.RequestConnectionResponse:
        caller = auth.current()
        found = await connections.request_connection(
            self._networks.of(caller.network_id), caller.subject,
            parse_id(request.member_id, "member_id"), self._clock.now(),
        )  # fmt: skip
        return api.RequestConnectionResponse(connection=_told(found, caller.subject))

    async def AcceptConnection(
        self, request: api.AcceptConnectionRequest, context: Context
    ) -> api.AcceptConnectionResponse:
        caller = auth.current()
        found = await connections.accept_connection(
            self._networks.of(caller.network_id), caller.subject,
            parse_id(request.member_id, "member_id"), self._clock.now(),
        )  # fmt: skip
        return api.AcceptConnectionResponse(connection=_told(found, caller.subject))

    async def DeleteConnection(
        self, request: api.DeleteConnectionRequest, context: Context
    ) -> api.DeleteConnectionResponse:
        caller = auth.current()
        await connections.delete_connection(
            self._networks.of(caller.network_id), caller.subject,
            parse_id(request.member_id, "member_id"), self._clock.now(),
        )  # fmt: skip
        return api.DeleteConnectionResponse()

    async def ListConnections(
        self, request: api.ListConnectionsRequest, context: Context
    ) -> api.ListConnectionsResponse:
        caller = auth.current()
        found, rest = await connections.list_connections(
            self._networks.of(caller.network_id), caller.subject, _view_of(request.state),
            translate.id_of_page(request.page_token),
            translate.page_size(request.page_size, default=50),
        )  # fmt: skip
        return api.ListConnectionsResponse(
            connections=[_told(item, caller.subject) for item in found],
            next_page_token=str(rest) if rest else "",
        )


def _view_of(number: pb.ConnectionState.ValueType) -> View:
    try:
        return _VIEW_OF[number]
    except KeyError:
        raise Invalid("no such state of a connection", field="state") from None


def _told(item: Connection, member_id: UUID) -> pb.Connection:
    """As one of the two sees it; nothing but who it is if to her there is nothing."""
    shown = pb.Connection(member_id=str(item.other(member_id)))
    told = item.told_to(member_id)
    if told is not None and isinstance(told.state, View):
        shown.state = _STATES[told.state]
        shown.change_time.CopyFrom(translate.timestamp(told.since))
    return shown
