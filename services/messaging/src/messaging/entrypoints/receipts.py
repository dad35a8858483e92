"""The gRPC service of receipts and unread counts."""

from __future__ import annotations

from common import auth
from common.clock import Clock
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import receipt_service_pb2 as api
from kith.messaging.v1 import receipt_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application.move_position import move_position
from messaging.application.reading import Reading, total_unread
from messaging.domain.mark import Mark


class ReceiptService(grpc_api.ReceiptServiceServicer):
    """See protos/kith/messaging/v1/receipt_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def MovePosition(
        self, request: api.MovePositionRequest, context: Context
    ) -> api.MovePositionResponse:
        access = auth.access()
        reading = await move_position(
            self._networks.of(access.caller.network_id), access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"),
            delivered=request.delivered_sequence, read=request.read_sequence,
            at=self._clock.now(),
        )  # fmt: skip
        return api.MovePositionResponse(reading=reading_of(reading))

    async def GetUnread(
        self, request: api.GetUnreadRequest, context: Context
    ) -> api.GetUnreadResponse:
        caller = auth.current()
        total = await total_unread(self._networks.of(caller.network_id), caller.subject)
        return api.GetUnreadResponse(
            unread_count=total.unread.count, unread_more=total.unread.more,
            conversation_count=total.conversations,
        )  # fmt: skip

    async def GetReceiptChoice(
        self, request: api.GetReceiptChoiceRequest, context: Context
    ) -> api.GetReceiptChoiceResponse:
        caller = auth.current()
        hiding = await self._networks.of(caller.network_id).choices.hiding([caller.subject])
        return api.GetReceiptChoiceResponse(shown=not hiding)

    async def SetReceiptChoice(
        self, request: api.SetReceiptChoiceRequest, context: Context
    ) -> api.SetReceiptChoiceResponse:
        caller = auth.current()
        choices = self._networks.of(caller.network_id).choices
        await choices.choose(caller.subject, request.shown)
        return api.SetReceiptChoiceResponse(shown=request.shown)


def reading_of(reading: Reading) -> pb.Reading:
    """A reading as it is told."""
    return pb.Reading(
        delivered_sequence=reading.mark.delivered, read_sequence=reading.mark.read,
        unread_count=reading.unread.count, unread_more=reading.unread.more,
        receipts=map(_receipt, reading.receipts),
    )  # fmt: skip


def _receipt(mark: Mark) -> pb.Receipt:
    return pb.Receipt(
        member_id=str(mark.member_id), delivered_sequence=mark.delivered, read_sequence=mark.read
    )
