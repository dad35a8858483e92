"""The gRPC service of a member's own side of conversations: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from common import auth
from common.auth import Access
from common.clock import Clock
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as api
from kith.messaging.v1 import seat_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application import sides, taking_part
from messaging.application.noting import Writing
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.entrypoints.conversations_told import told_one
from messaging.entrypoints.telling import time_of

Writes = Callable[[Network], Writing]
"""Where what happens to groups of a network is written."""


class SeatService(grpc_api.SeatServiceServicer):
    """See protos/kith/messaging/v1/seat_service.proto."""

    def __init__(self, networks: Networks, clock: Clock, writes: Writes) -> None:
        self._networks = networks
        self._clock = clock
        self._writes = writes

    async def AcceptConversation(
        self, request: api.AcceptConversationRequest, context: Context
    ) -> api.AcceptConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        writing = self._writes(network)
        conversation = await taking_part.accept(writing, access, id, self._clock.now())
        return api.AcceptConversationResponse(
            conversation=await self._shown(network, access, conversation)
        )

    async def DeclineConversation(
        self, request: api.DeclineConversationRequest, context: Context
    ) -> api.DeclineConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        await taking_part.decline(self._writes(network), access, id, self._clock.now())
        return api.DeclineConversationResponse()

    async def MuteConversation(
        self, request: api.MuteConversationRequest, context: Context
    ) -> api.MuteConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        conversation = await sides.mute(network, access, id, _until(request), self._clock.now())
        return api.MuteConversationResponse(
            conversation=await self._shown(network, access, conversation)
        )

    async def UnmuteConversation(
        self, request: api.UnmuteConversationRequest, context: Context
    ) -> api.UnmuteConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        conversation = await sides.unmute(network, access, id, self._clock.now())
        return api.UnmuteConversationResponse(
            conversation=await self._shown(network, access, conversation)
        )

    async def LeaveConversation(
        self, request: api.LeaveConversationRequest, context: Context
    ) -> api.LeaveConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        await taking_part.leave(self._writes(network), access, id, self._clock.now())
        return api.LeaveConversationResponse()

    def _caller(self) -> tuple[Access, Network]:
        access = auth.access()
        return access, self._networks.of(access.caller.network_id)

    async def _shown(
        self, network: Network, access: Access, conversation: Conversation
    ) -> pb.Conversation:
        return await told_one(network, access.caller.subject, conversation, self._clock.now())


def _until(request: api.MuteConversationRequest) -> datetime | None:
    if not request.HasField("until_time"):
        return None
    return time_of(request.until_time, "until_time")
