"""One good request for every door of what messages can do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from common.clock import SystemClock
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import presence_service_pb2 as presence
from kith.messaging.v1 import receipt_service_pb2 as receipts
from kith.messaging.v1 import report_service_pb2 as reports
from kith.messaging.v1 import words_service_pb2 as words

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import anas, between

TALK = "/v1/conversations/{talk}"
MESSAGE = f"{TALK}/messages/{{message}}"


def word_rpcs() -> Iterator[Case]:
    """Asked of messaging itself."""
    v1 = "messaging.v1.WordsService/"
    yield rpc(
        v1 + "EditMessage",
        lambda t: words.EditMessageRequest(
            conversation_id=t.talk, message_id=t.message, text=f"Hello {t.slug}"
        ),
        anas,
    )
    yield rpc(
        v1 + "DeleteMessage",
        lambda t: words.DeleteMessageRequest(conversation_id=t.talk, message_id=t.gone),
        anas,
    )
    yield rpc(
        v1 + "AddReaction",
        lambda t: words.AddReactionRequest(
            conversation_id=t.talk, message_id=t.message, kind=messaging_pb2.REACTION_KIND_HUG
        ),
        between,
    )
    yield rpc(
        v1 + "RemoveReaction",
        lambda t: words.RemoveReactionRequest(
            conversation_id=t.talk, message_id=t.message, kind=messaging_pb2.REACTION_KIND_HUG
        ),
        between,
    )
    yield rpc(v1 + "SearchMessages", lambda _: words.SearchMessagesRequest(query="hello"))
    yield rpc(v1 + "ListChangedMessages", lambda _: changed_lately())
    yield rpc(
        "messaging.v1.ReportService/CreateReport",
        lambda t: reports.CreateReportRequest(
            conversation_id=t.talk, reason=reports.REPORT_REASON_OTHER
        ),
        between,
    )
    v1 = "messaging.v1.ReceiptService/"
    yield rpc(
        v1 + "MovePosition",
        lambda t: receipts.MovePositionRequest(conversation_id=t.talk, read_sequence=1),
        between,
    )
    yield rpc(v1 + "GetUnread", lambda _: receipts.GetUnreadRequest())
    yield rpc(v1 + "GetReceiptChoice", lambda _: receipts.GetReceiptChoiceRequest())
    yield rpc(v1 + "SetReceiptChoice", lambda _: receipts.SetReceiptChoiceRequest(shown=True))
    v1 = "messaging.v1.PresenceService/"
    yield rpc(v1 + "GetPresence", lambda _: presence.GetPresenceRequest())
    yield rpc(v1 + "SetPresence", lambda _: presence.SetPresenceRequest(shown=True))


def lately() -> str:
    """An hour ago."""
    return f"{SystemClock().now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"


def changed_lately() -> words.ListChangedMessagesRequest:
    request = words.ListChangedMessagesRequest()
    request.since_time.FromJsonString(lately())
    return request


def word_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route("edit_message", "PATCH", MESSAGE, anas, lambda t: {"text": f"Hello {t.slug}"})
    yield route("delete_message", "DELETE", f"{TALK}/messages/{{gone}}", anas)
    yield route("add_reaction", "PUT", f"{MESSAGE}/reactions/heart", between)
    yield route("remove_reaction", "DELETE", f"{MESSAGE}/reactions/heart", between)
    yield route("search_messages", "POST", "/v1/message-search", body=lambda _: {"query": "hello"})
    yield route("list_changed_messages", "GET", f"/v1/changed-messages?sinceTime={lately()}")
    yield route("create_report", "POST", f"{TALK}/reports", between, lambda _: {"reason": "other"})
    yield route("move_position", "PUT", f"{TALK}/position", between, lambda _: {"readSequence": 1})
    yield route("get_unread", "GET", "/v1/unread")
    yield route("get_receipt_choice", "GET", "/v1/receipts")
    yield route("set_receipt_choice", "PUT", "/v1/receipts", body=lambda _: {"shown": True})
    yield route("get_presence", "GET", "/v1/presence")
    yield route("set_presence", "PUT", "/v1/presence", body=lambda _: {"shown": True})
