"""Records of the activity topic as they are read from the log: what each of them says."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from common.errors import Invalid
from common.ids import parse_id
from kith.activity.events.v1 import activity_events_pb2 as activity_pb

from signals.adapters.events import to_activity
from signals.domain.activity import Activity

_TYPE = activity_pb.ActivityRecorded.DESCRIPTOR.full_name.encode()


class Read(NamedTuple):
    """An activity, and whose it is."""

    member_id: str
    network_id: str
    activity: Activity


def read(record: Any) -> Read | None:
    """What a record says; None if it is of a type that is not ours. Raises Invalid, DecodeError.

    Its key must be the member: that is what brings all hers into one partition, in one order.
    """
    kind = event_id = None
    for name, value in record.headers:
        if name == "ce_type":
            kind = value
        elif name == "ce_id":
            event_id = value
    if kind != _TYPE:
        if kind:
            return None
        raise Invalid("a record without a ce_type")
    if record.value is None:
        raise Invalid("a record without a value")
    event = activity_pb.ActivityRecorded.FromString(record.value)
    member_id = event.member_id
    if record.key != member_id.encode():
        raise Invalid("the key is not the member", field="member_id")
    _check_id(member_id, "member_id")
    _check_id(event.network_id, "network_id")
    named = (event_id or b"").decode("utf-8", "replace")
    return Read(member_id, event.network_id, to_activity(event, named, record.timestamp))


def traceparent_of(record: Any) -> str | None:
    """The trace of whatever caused a record; None if it is not traced."""
    found = next((value for name, value in record.headers if name == "traceparent"), None)
    return found.decode("ascii", "replace") if found else None


@lru_cache(maxsize=100_000)
def _check_id(text: str, field: str) -> None:
    """Raise Invalid unless it is a UUID; a good one is known the next time."""
    parse_id(text, field)
