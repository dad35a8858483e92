"""The routes of what messages can do, each with one good request."""

from __future__ import annotations

from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import receipt_service_pb2 as receipts
from kith.messaging.v1 import report_service_pb2 as reports
from kith.messaging.v1 import words_service_pb2 as words

from services.gateway.tests.builders import (
    AT,
    MESSAGE,
    MESSAGE_JSON,
    PAGE,
    QUERY,
    READING,
    READING_JSON,
    Route,
    stamp,
)

WORD = "/kith.messaging.v1.WordsService/"
CHANGED = messaging_pb2.Message(
    id="m1", conversation_id="v1", sequence=9, sender_id="a1", client_message_id="x",
    text="Good evening", create_time=stamp(), version=8, edit_time=stamp(), delete_time=stamp(),
)  # fmt: skip
CHANGED_JSON = {
    "id": "m1", "conversationId": "v1", "sequence": 9, "senderId": "a1", "clientMessageId": "x",
    "text": "Good evening", "createTime": AT, "imported": False, "withheld": False,
    "replyToSequence": 0,
    "version": 8, "editTime": AT, "deleteTime": AT, "reactions": [],
    "links": [],
}  # fmt: skip
RECEIPTS = "/kith.messaging.v1.ReceiptService/"
WORDS = [
    Route(
        "PATCH", "/v1/conversations/v1/messages/m1", WORD + "EditMessage",
        words.EditMessageRequest(conversation_id="v1", message_id="m1", text="Good evening"),
        words.EditMessageResponse(message=CHANGED), CHANGED_JSON, body={"text": "Good evening"},
    ),
    Route(
        "DELETE", "/v1/conversations/v1/messages/m1", WORD + "DeleteMessage",
        words.DeleteMessageRequest(conversation_id="v1", message_id="m1"),
        words.DeleteMessageResponse(message=MESSAGE), MESSAGE_JSON,
    ),
    Route(
        "PUT", "/v1/conversations/v1/messages/m1/reactions/thanks", WORD + "AddReaction",
        words.AddReactionRequest(
            conversation_id="v1", message_id="m1", kind=messaging_pb2.REACTION_KIND_THANKS
        ),
        words.AddReactionResponse(message=MESSAGE), MESSAGE_JSON,
    ),
    Route(
        "DELETE", "/v1/conversations/v1/messages/m1/reactions/same", WORD + "RemoveReaction",
        words.RemoveReactionRequest(
            conversation_id="v1", message_id="m1", kind=messaging_pb2.REACTION_KIND_SAME
        ),
        words.RemoveReactionResponse(message=MESSAGE), MESSAGE_JSON,
    ),
    Route(
        "POST", "/v1/conversations/v1/reports", "/kith.messaging.v1.ReportService/CreateReport",
        reports.CreateReportRequest(
            conversation_id="v1", message_id="m1", reason=reports.REPORT_REASON_HEALTH_ADVICE,
            text="He sells pills",
        ),
        reports.CreateReportResponse(id="r1", create_time=stamp()), {"id": "r1", "createTime": AT},
        body={"messageId": "m1", "reason": "health_advice", "text": "He sells pills"}, status=201,
    ),
    Route(
        "POST", f"/v1/message-search?{QUERY}", WORD + "SearchMessages",
        words.SearchMessagesRequest(query="morning", **PAGE),
        words.SearchMessagesResponse(messages=[MESSAGE], next_page_token="t2"),
        {"messages": [MESSAGE_JSON], "nextPageToken": "t2"},
        body={"query": "morning"},
    ),
    Route(
        "GET", f"/v1/changed-messages?sinceTime={AT}", WORD + "ListChangedMessages",
        words.ListChangedMessagesRequest(since_time=stamp()),
        words.ListChangedMessagesResponse(
            messages=[MESSAGE], conversation_ids=["v2"], as_of_time=stamp()
        ),
        {"messages": [MESSAGE_JSON], "conversationIds": ["v2"]},
    ),
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
