"""Activities on the wire and in the log, valid unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.ids import new_id
from common.kafka_producer import Headers, headers
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as signals_pb
from signals.adapters.events import Change, to_cleared, to_events, to_update
from signals.adapters.records import read
from signals.application.fold import Fold
from signals.application.ports import Cleared, Update
from signals.domain.codec import encode
from signals.domain.parameters import Parameters

PARAMETERS = Parameters()
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
ACTIVITY, SIGNAL = "activity.member.v1", "signals.member.v1"
STATES = "signals.state.v1-members-changelog"
SET_ASIDE = "signals.state.v1.dlq"
HOUR, DAY = 3_600_000, 86_400_000
START = 1_717_200_000_000  # 2024-06-01
CONSENT, WITHDRAWAL = (
    pb.ACTIVITY_KIND_SIGNALS_CONSENT_GRANTED,
    pb.ACTIVITY_KIND_SIGNALS_CONSENT_WITHDRAWN,
)


def stamp(millis: int) -> Timestamp:
    return Timestamp(seconds=millis // 1000, nanos=millis % 1000 * 1_000_000)


def an_event(
    member_id: UUID, kind: pb.ActivityKind.ValueType = pb.ACTIVITY_KIND_ASK, at: int = START,
    network_id: UUID = NETWORK, **fields: Any,
) -> pb.ActivityRecorded:  # fmt: skip
    return pb.ActivityRecorded(
        network_id=str(network_id), member_id=str(member_id), kind=kind, occur_time=stamp(at),
        **fields,
    )  # fmt: skip


def head(event_id: UUID | None = None) -> Headers:
    """The headers of an activity."""
    return headers(
        id=event_id or new_id(), type=pb.ActivityRecorded.DESCRIPTOR.full_name, source="/test",
        sequence=1, traceparent=None,
    )  # fmt: skip


@dataclass
class Record:
    """A record as it is read from the log."""

    value: bytes | None
    key: bytes | None
    headers: Headers
    offset: int = 0
    partition: int = 0
    timestamp: int = START + 1000 * DAY
    topic: str = ACTIVITY


def a_record(event: pb.ActivityRecorded, offset: int = 0, **fields: Any) -> Record:
    given = {
        "value": event.SerializeToString(), "key": event.member_id.encode(), "headers": head()
    }  # fmt: skip
    return Record(**{**given, "offset": offset, **fields})


def changes(log: Sequence[Record], batch: int = 1_000) -> list[Update | Cleared]:
    """What the read model is told of some records, folded in batches of so many."""
    states: dict[str, bytes] = {}
    fold = Fold(states.get, PARAMETERS)
    told: list[Update | Cleared] = []
    for first in range(0, len(log), batch):
        for record in log[first : first + batch]:
            found = read(record)
            assert found is not None
            fold.take(*found, record.partition, record.offset)
        for touched in fold.touched():
            states[touched.member_id] = encode(touched.state)
            told += map(_change, to_events(touched, PARAMETERS))
        fold.stored()
    return told


def _change(told: Change) -> Update | Cleared:
    if isinstance(told.event, signals_pb.MemberSignalCleared):
        return to_cleared(told.event)
    return to_update(told.event)


def a_log(member_id: UUID, *events: Any, network_id: UUID = NETWORK) -> list[Record]:
    """Her consent and then these activities: a kind and a day each, and a value if it has one."""
    made = [an_event(member_id, CONSENT, START, network_id)]
    for kind, day, *value in events:
        fields = {"value": value[0]} if value else {}
        made.append(an_event(member_id, kind, START + round(day * DAY), network_id, **fields))
    return [a_record(event, offset) for offset, event in enumerate(made)]
