"""Every event messaging writes, as published, against its golden file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from common.outbox import Outgoing
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from kith.activity.events.v1 import activity_events_pb2 as activity_pb
from kith.messaging.events.v1 import delivery_events_pb2 as events
from kith.messaging.events.v1 import messaging_events_pb2 as events_pb
from messaging.adapters import due
from messaging.adapters.events import Did, changed, outgoing, reacted, read_activity, report_filed
from messaging.adapters.notice_events import noticed
from messaging.domain.changing import deleted, edited
from messaging.domain.conversation import Conversation
from messaging.domain.mark import Mark
from messaging.domain.message import Draft, Tail, place, place_among, place_notice
from messaging.domain.report import Complaint, Report, ReportReason
from messaging.domain.roster import Notice, NoticeKind, Roster, Stay
from messaging.domain.slots import key_of, slot_of

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW

GOLDEN = Path(__file__).parent.parent / "golden"
MESSAGE, TALK = (UUID(f"01900000-0000-7000-8000-0000000000{digits}") for digits in ("0e", "0f"))
WORDS = "words nobody else may read"
CONVERSATION = Conversation(TALK, (ADA, BEN), NOW)
LATER = NOW + timedelta(seconds=90, milliseconds=7)


def events_of(sender_id: UUID, tail: Tail | None, *, imported: bool = False) -> list[Outgoing]:
    draft = Draft(sender_id, "words too", WORDS, LATER, imported)
    return list(outgoing(NETWORK, CONVERSATION, place(draft, MESSAGE, TALK, tail)))


def activities(outgoing: list[Outgoing]) -> int:
    return sum(event.topic == "activity.member.v1" for event in outgoing)


OPENS = events_of(ADA, None)
CONTINUES = events_of(ADA, Tail(6, ADA, NOW))
ANSWERS = events_of(BEN, Tail(6, ADA, NOW))
OPENS_IMPORTED = events_of(ADA, None, imported=True)
ANSWERS_IMPORTED = events_of(BEN, Tail(6, ADA, NOW), imported=True)
SENT = place(Draft(ADA, "words too", WORDS, NOW), MESSAGE, TALK, Tail(6, BEN, NOW)).message
EDITED = next(changed(NETWORK, CONVERSATION, edited(SENT, "other words", LATER)))
DELETED = next(changed(NETWORK, CONVERSATION, deleted(SENT, LATER)))
REACTED = [
    list(reacted(NETWORK, SENT, Did(CONVERSATION, BEN, change, LATER), first=first))
    for change, first in ((events_pb.MESSAGE_CHANGE_REACTED, True),
                          (events_pb.MESSAGE_CHANGE_UNREACTED, False))
]  # fmt: skip
COMPLAINT = Complaint(MESSAGE, ReportReason.DANGER, WORDS)
FILED = report_filed(NETWORK, Report(UUID(int=7), TALK, ADA, (BEN,), COMPLAINT, 7, LATER))
READ = read_activity(NETWORK, Mark(TALK, BEN, 7, 7, 1), LATER, ADA)
ROOM = replace(Conversation.room(NETWORK, UUID(int=8), NOW), id=TALK).under(
    Roster(1, (Stay(ADA, 1),))
)
CAME = Notice(NoticeKind.JOINED, (BEN,), ROOM.roster.with_members([BEN], 7, 9))
NOTED = list(
    noticed(NETWORK, ROOM, place_notice(CAME, MESSAGE, TALK, BEN, LATER, Tail(6, ADA, NOW, 1)))
)


def said_among(sender_id: UUID, tail: Tail, said_to: UUID | None = None) -> list[Outgoing]:
    """The events of a message in a room of Ada and Ben."""
    room, draft = ROOM.under(CAME.roster), Draft(sender_id, "words too", WORDS, LATER)
    placed = place_among(draft, MESSAGE, TALK, tail, room.roster, said_to)
    return list(outgoing(NETWORK, room, placed))


EVENTS = {
    "members_changed": NOTED[0],
    "activity_message_read": READ,
    "report_filed": FILED,
    "message_edited": EDITED,
    "message_deleted": DELETED,
    "message_reacted": REACTED[0][0],
    "activity_reaction": REACTED[0][-1],
    "message_unreacted": REACTED[1][0],
    "message_sent": OPENS[0],
    "message_sent_imported": OPENS_IMPORTED[0],
    "activity_message_sent_opens_turn": OPENS[1],
    "delivery_arrived": OPENS[2],
    "activity_message_sent_continues": CONTINUES[1],
    "activity_message_sent_imported": OPENS_IMPORTED[1],
    "activity_reply_received": ANSWERS[2],
    "activity_reply_received_imported": ANSWERS_IMPORTED[2],
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    message = EVENTS[name].message
    golden(GOLDEN / f"{name}.json", (MessageToJson(message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", message.SerializeToString(deterministic=True))
    kind: type[Message] = type(message)
    assert kind.FromString((GOLDEN / f"{name}.bin").read_bytes()) == message
    assert b"words" not in message.SerializeToString()


def test_the_fact_goes_with_the_conversation_and_each_activity_with_its_member() -> None:
    assert [(one.topic, one.key, one.sequence) for one in ANSWERS] == [
        ("messaging.message.v1", TALK, 7),
        ("activity.member.v1", BEN, 7),
        ("activity.member.v1", ADA, 7),
        ("messaging.delivery.v1", key_of(slot_of(ADA)), 7),
        ("messaging.delivery.v1", key_of(slot_of(BEN)), 7),
    ]


def test_members_of_one_slot_are_told_by_one_event_and_an_import_tells_nobody() -> None:
    alike = [id for id in (UUID(int=n) for n in range(5_000)) if slot_of(id) == slot_of(ADA)][:2]
    (event,) = due.changed(NETWORK, TALK, 7, [ADA, *alike, ADA], ADA)
    assert isinstance(event.message, events.DeliveryDue)
    assert event.message.member_ids == [str(id) for id in (ADA, *alike)]
    assert not any(one.topic == due.TOPIC for one in (*OPENS_IMPORTED, *ANSWERS_IMPORTED))


def test_only_an_answer_with_a_latency_tells_the_one_who_waited() -> None:
    at_once = events_of(BEN, replace(Tail(6, ADA, NOW), turn_at=LATER))
    before = events_of(BEN, Tail(6, ADA, LATER + timedelta(milliseconds=1)))
    told = [activities(events) for events in (OPENS, CONTINUES, ANSWERS, at_once, before)]
    assert told == [1, 1, 2, 2, 1]


def test_in_a_group_who_speaks_next_answers_whoever_spoke_if_she_is_still_there() -> None:
    gone = UUID(int=9)
    for spoke, said_to, told, to in (
        (ADA, None, 2, str(ADA)),  # she answers Ada
        (ADA, gone, 2, str(gone)),  # and speaks to somebody else
        (ADA, BEN, 2, str(ADA)),  # her own words are nobody's
        (BEN, None, 1, ""),  # she goes on
        (BEN, ADA, 1, str(ADA)),
        (gone, None, 1, ""),  # who is not there is told nothing
        (None, None, 1, ""),  # nobody spoke before
    ):
        made = said_among(BEN, Tail(7, spoke, NOW, 7), said_to)
        assert activities(made) == told
        did = activity_pb.ActivityRecorded.FromString(made[1].message.SerializeToString())
        assert (did.peer_id, did.opens_turn) == (to, spoke != BEN)


def test_only_a_first_reaction_to_words_of_another_is_an_activity() -> None:
    assert [activities(one) for one in REACTED] == [1, 0]
    own = Did(CONVERSATION, ADA, events_pb.MESSAGE_CHANGE_REACTED, LATER)
    assert activities(list(reacted(NETWORK, SENT, own, first=True))) == 0


def test_who_looks_on_is_told_of_every_change() -> None:
    slots = {key_of(slot_of(id)) for id in (ADA, BEN)}
    edit = changed(NETWORK, CONVERSATION, edited(SENT, "other words", LATER))
    for made in (list(edit), *REACTED):
        assert {one.key for one in made if one.topic == due.TOPIC} == slots
