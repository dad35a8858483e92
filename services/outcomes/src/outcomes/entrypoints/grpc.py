"""Outcomes' gRPC service: translate, one call, translate back."""

from __future__ import annotations

import grpc
from common import auth
from common.clock import Clock
from common.grpc_server import Context
from kith.outcomes.v1 import outcomes_service_pb2 as api
from kith.outcomes.v1 import outcomes_service_pb2_grpc as grpc_api

from outcomes.application import queries
from outcomes.application.create_response import create_response
from outcomes.application.ports import Networks
from outcomes.domain.instruments import INSTRUMENTS
from outcomes.entrypoints import translate


def register_services(server: grpc.aio.Server, networks: Networks, clock: Clock) -> None:
    """Add the service to a server."""
    grpc_api.add_ResponseServiceServicer_to_server(ResponseService(networks, clock), server)


class ResponseService(grpc_api.ResponseServiceServicer):
    """See protos/kith/outcomes/v1/outcomes_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def ListInstruments(
        self, request: api.ListInstrumentsRequest, context: Context
    ) -> api.ListInstrumentsResponse:
        return api.ListInstrumentsResponse(
            instruments=map(translate.instrument, INSTRUMENTS.values())
        )

    async def CreateResponse(
        self, request: api.CreateResponseRequest, context: Context
    ) -> api.CreateResponseResponse:
        caller = auth.current()
        response = await create_response(
            self._networks.responses(caller.network_id), self._clock, caller,
            instrument_id=request.instrument_id, answers=dict(request.answers),
            request_id=request.request_id,
        )  # fmt: skip
        return api.CreateResponseResponse(response=translate.response(response))

    async def ListResponses(
        self, request: api.ListResponsesRequest, context: Context
    ) -> api.ListResponsesResponse:
        caller = auth.current()
        size, before = translate.page_of(
            request.page_size, request.page_token, default=50, most=100
        )
        responses = self._networks.responses(caller.network_id)
        page, more = await queries.own_responses(responses, caller, before, size)
        return api.ListResponsesResponse(
            responses=map(translate.response, page),
            next_page_token=str(page[-1].id) if more else "",
        )
