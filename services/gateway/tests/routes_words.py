"""The routes of what messages can do, each with one good request."""

from __future__ import annotations

from kith.messaging.v1 import receipt_service_pb2 as receipts

from services.gateway.tests.builders import READING, READING_JSON, Route

RECEIPTS = "/kith.messaging.v1.ReceiptService/"
WORDS = [
    Route(
        "PUT", "/v1/conversations/v1/position", RECEIPTS + "MovePosition",
        receipts.MovePositionRequest(
            conversation_id="v1", delivered_sequence=9, read_sequence=7
        ),
        receipts.MovePositionResponse(reading=READING), READING_JSON,
        body={"deliveredSequence": 9, "readSequence": 7},
    ),
    Route(
        "GET", "/v1/unread", RECEIPTS + "GetUnread", receipts.GetUnreadRequest(),
        receipts.GetUnreadResponse(unread_count=12, unread_more=True, conversation_count=3),
        {"unreadCount": 12, "unreadMore": True, "conversationCount": 3},
    ),
    Route(
        "GET", "/v1/receipts", RECEIPTS + "GetReceiptChoice", receipts.GetReceiptChoiceRequest(),
        receipts.GetReceiptChoiceResponse(shown=True), {"shown": True},
    ),
    Route(
        "PUT", "/v1/receipts", RECEIPTS + "SetReceiptChoice",
        receipts.SetReceiptChoiceRequest(shown=True),
        receipts.SetReceiptChoiceResponse(shown=True), {"shown": True}, body={"shown": True},
    ),
]  # fmt: skip
