"""The events identity listens to for crisis cases, as no erasure begins beside one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from common.clock import from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.events.v1 import case_events_pb2 as events

from identity.application.ports_cases import CaseNotes
from identity.domain.case_note import CaseNote

GROUP = "identity.cases.v1"
TOPICS = ("community.case.v1",)


LookAgain = Callable[[UUID, UUID], Awaitable[None]]
IsHere = Callable[[UUID, UUID], Awaitable[bool]]


def handlers(notes: CaseNotes, look_again: LookAgain, is_here: IsHere) -> Handlers:
    """What to do with which event; `look_again` is told in which network a case of whom has ended.

    Of who is not here (any more) nothing is kept: a log that is read again may tell of a case long
    after she was erased. A handler raises Invalid for what can be no case.
    """

    async def on_case_changed(event: events.CaseChanged, meta: Meta) -> None:
        """A stage this does not know yet counts as open: then a person has to look."""
        if event.version < 1:
            raise Invalid("a case without a version", field="version")
        note = CaseNote(
            case_id=parse_id(event.case_id, "case_id"),
            member_id=parse_id(event.member_id, "member_id"),
            is_open=event.stage != events.CASE_STAGE_CLOSED,
            opened_at=_time(event.open_time),
            changed_at=_time(event.change_time),
            version=event.version,
        )
        network_id = parse_id(event.network_id, "network_id")
        await notes.note(network_id, note)
        if not await is_here(network_id, note.member_id):
            await notes.forget(network_id, note.member_id)
        elif not note.is_open:
            await look_again(network_id, note.member_id)

    return {events.CaseChanged: on_case_changed}


def _time(stamp: Timestamp) -> datetime:
    return from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
