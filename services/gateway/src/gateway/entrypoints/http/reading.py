"""How far members have got in their conversations, and what they have not read."""

from __future__ import annotations

from typing import Annotated

from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import receipt_service_pb2 as api
from litestar import get, put
from litestar.params import JSONBody
from msgspec import Meta

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import INT64_MAX, Input, Output, PathId
from gateway.entrypoints.http.request import KithRequest

TAGS = ["messaging"]
Position = Annotated[
    int,
    Meta(ge=0, le=INT64_MAX, description="A message's number; a lower one changes nothing."),
]


class MovePosition(Input):
    """How far the caller's devices have got; what is read is delivered."""

    delivered_sequence: Position = 0
    read_sequence: Position = 0


class Receipt(Output):
    """How far another member has got."""

    member_id: str
    delivered_sequence: int
    read_sequence: int


class Reading(Output):
    """How far the caller has got, what she has not read, and how far others are who show it."""

    delivered_sequence: int
    read_sequence: int
    unread_count: Annotated[int, Meta(description="At most 99.")]
    unread_more: Annotated[bool, Meta(description="There may be more than counted.")]
    receipts: list[Receipt]


class Unread(Output):
    """What the caller has not read, in all her conversations."""

    unread_count: Annotated[int, Meta(description="At most 99 of each conversation.")]
    unread_more: Annotated[bool, Meta(description="There may be more than counted.")]
    conversation_count: int


class ReceiptChoice(Output):
    """Whether the caller shows how far she has got; who does not, sees nobody's."""

    shown: bool


class ChooseReceipts(Input):
    """Whether to show how far one has got."""

    shown: bool


def reading_of(reading: pb.Reading) -> Reading:
    return Reading(
        delivered_sequence=reading.delivered_sequence, read_sequence=reading.read_sequence,
        unread_count=reading.unread_count, unread_more=reading.unread_more,
        receipts=[_receipt(one) for one in reading.receipts],
    )  # fmt: skip


def _receipt(receipt: pb.Receipt) -> Receipt:
    return Receipt(
        member_id=receipt.member_id, delivered_sequence=receipt.delivered_sequence,
        read_sequence=receipt.read_sequence,
    )  # fmt: skip


@put(
    "/v1/conversations/{conversation_id:str}/position", dto=Json[MovePosition],
    summary="Say how far one has got in a conversation", tags=TAGS,
)  # fmt: skip
async def move_position(
    request: KithRequest, conversation_id: PathId, data: JSONBody[MovePosition]
) -> Reading:
    reply = await request.ask(
        request.services.receipts.MovePosition,
        api.MovePositionRequest(
            conversation_id=conversation_id, delivered_sequence=data.delivered_sequence,
            read_sequence=data.read_sequence,
        ),
    )  # fmt: skip
    return reading_of(reply.reading)


@get("/v1/unread", summary="How many messages the caller has not read", tags=TAGS)
async def get_unread(request: KithRequest) -> Unread:
    reply = await request.ask(request.services.receipts.GetUnread, api.GetUnreadRequest())
    return Unread(
        unread_count=reply.unread_count, unread_more=reply.unread_more,
        conversation_count=reply.conversation_count,
    )  # fmt: skip


@get("/v1/receipts", summary="Whether the caller shows how far she has got", tags=TAGS)
async def get_receipt_choice(request: KithRequest) -> ReceiptChoice:
    reply = await request.ask(
        request.services.receipts.GetReceiptChoice, api.GetReceiptChoiceRequest()
    )
    return ReceiptChoice(shown=reply.shown)


@put(
    "/v1/receipts", dto=Json[ChooseReceipts], tags=TAGS,
    summary="Show how far one has got, or not, and then see nobody's",
)  # fmt: skip
async def set_receipt_choice(request: KithRequest, data: JSONBody[ChooseReceipts]) -> ReceiptChoice:
    reply = await request.ask(
        request.services.receipts.SetReceiptChoice, api.SetReceiptChoiceRequest(shown=data.shown)
    )
    return ReceiptChoice(shown=reply.shown)
