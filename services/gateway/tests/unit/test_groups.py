"""Groups and what happens in them, as clients see it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from gateway.entrypoints.frames import news_of
from gateway.entrypoints.http.conversations import conversation_of
from gateway.entrypoints.http.messages import message_of
from kith.messaging.v1 import delivery_service_pb2 as delivery
from kith.messaging.v1 import messaging_pb2

from services.gateway.tests.builders import AT, READING, READING_JSON, Json, stamp

ASKED = messaging_pb2.Conversation(
    id="g1", member_ids=["a1", "b1"], create_time=stamp(), reading=READING, title="Wednesdays",
    state=messaging_pb2.CONVERSATION_STATE_RECEIVED, kind=messaging_pb2.CONVERSATION_KIND_GROUP,
    host_ids=["a1"], inviter_id="a1",
)  # fmt: skip
ASKED_JSON: Json = {
    "id": "g1", "memberIds": ["a1", "b1"], "lastSequence": 0, "createTime": AT,
    "state": "received", "muted": False, "available": False, "reading": READING_JSON,
    "kind": "group", "title": "Wednesdays", "hostIds": ["a1"], "inviterId": "a1",
}  # fmt: skip


def notice(sequence: int, **what: object) -> messaging_pb2.Message:
    """Something that happened to the group."""
    told = messaging_pb2.Notice(**what)  # type: ignore[arg-type]  # of its fields
    return messaging_pb2.Message(
        id="m1", conversation_id="g1", sequence=sequence, sender_id="a1", create_time=stamp(),
        version=1, notice=told,
    )  # fmt: skip


def notice_json(sequence: int, **what: object) -> Json:
    """As a client gets it."""
    return {
        "id": "m1", "conversationId": "g1", "sequence": sequence, "senderId": "a1",
        "clientMessageId": "", "text": "", "createTime": AT, "imported": False, "withheld": False,
        "replyToSequence": 0, "version": 1, "reactions": [], "links": [], "notice": what,
    }  # fmt: skip


NOTICES = [
    (
        notice(4, kind=messaging_pb2.NOTICE_KIND_JOINED, member_ids=["b1", "c1"]),
        notice_json(4, kind="joined", memberIds=["b1", "c1"]),
    ),
    (
        notice(5, kind=messaging_pb2.NOTICE_KIND_RENAMED, title="Then"),
        notice_json(5, kind="renamed", memberIds=[], title="Then"),
    ),
    (notice(6, kind=99), notice_json(6, kind="unspecified", memberIds=[])),  # of a newer service
]


def test_who_is_asked_into_a_group_is_told_by_whom() -> None:
    assert shown(conversation_of(ASKED)) == ASKED_JSON


@pytest.mark.parametrize("told, seen", NOTICES, ids=["joined", "renamed", "newer"])
def test_what_happened_has_its_place_among_the_messages(
    told: messaging_pb2.Message, seen: Json
) -> None:
    assert shown(message_of(told)) == seen
    news = news_of(delivery.Delivery(subscriptions=[1], conversation_id="g1", arrived=told))
    assert (news.sequence, json.loads(news.frame)) == (
        told.sequence, {"type": "message", "message": seen},
    )  # fmt: skip


def shown(one: Any) -> Any:
    """As JSON has it."""
    return json.loads(msgspec.json.encode(one))
