"""The gRPC service of a member's own side of conversations: translate, one call, translate back."""

from __future__ import annotations

from datetime import datetime

from common import auth
from common.auth import Access
from common.clock import Clock, from_epoch_millis
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as api
from kith.messaging.v1 import seat_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application import sides
from messaging.application.conversation_pages import shown_to
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.entrypoints.conversations_told import told


class SeatService(grpc_api.SeatServiceServicer):
    """See protos/kith/messaging/v1/seat_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def AcceptConversation(
        self, request: api.AcceptConversationRequest, context: Context
    ) -> api.AcceptConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        conversation = await sides.accept(network, access, id, self._clock.now())
        return api.AcceptConversationResponse(
            conversation=await self._shown(network, access, conversation)
        )

    async def DeclineConversation(
        self, request: api.DeclineConversationRequest, context: Context
    ) -> api.DeclineConversationResponse:
        access, network = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        await sides.decline(network, access, id, self._clock.now())
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
        await sides.leave(network, access, id, self._clock.now())
        return api.LeaveConversationResponse()

    def _caller(self) -> tuple[Access, Network]:
        access = auth.access()
        return access, self._networks.of(access.caller.network_id)

    async def _shown(
        self, network: Network, access: Access, conversation: Conversation
    ) -> pb.Conversation:
        reader, now = access.caller.subject, self._clock.now()
        shown = await shown_to(network, conversation, reader, now)
        [found] = await told(network, reader, [shown], now)
        return found


def _until(request: api.MuteConversationRequest) -> datetime | None:
    if not request.HasField("until_time"):
        return None
    stamp = request.until_time
    try:
        return from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        raise Invalid("until_time is not a time this platform knows", field="until_time") from None
