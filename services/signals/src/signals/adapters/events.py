"""Activities in, signals out: between the wire and the domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from common.errors import Invalid
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity_pb
from kith.signals.events.v1 import signals_events_pb2 as signals_pb

from signals.application.fold import Touched
from signals.application.ports import Cleared, Row, Update
from signals.domain.activity import Activity, ActivityKind, InvalidActivity
from signals.domain.codec import UnknownLayout, from_numbers, to_numbers
from signals.domain.days import ClosedDay
from signals.domain.estimate import engagement_at, estimate
from signals.domain.parameters import Parameters
from signals.domain.state import Consent

ACTIVITY_TOPIC = "activity.member.v1"
SIGNAL_TOPIC = "signals.member.v1"
CLOCK_SKEW = 300_000
_KINDS = {int(kind): kind for kind in ActivityKind}


class Change(NamedTuple):
    """What the world is told of a member: the event, and the offset and time (ms) it is of."""

    offset: int
    at: int
    event: signals_pb.MemberSignalUpdated | signals_pb.MemberSignalCleared


def to_activity(event: activity_pb.ActivityRecorded, event_id: str, recorded_at: int) -> Activity:
    """The activity an event tells of. Raises Invalid.

    `recorded_at` is the record's time in the log (ms): nothing happens after it was recorded, and
    one event from the future would make all that follow look late.
    """
    kind = _KINDS.get(event.kind)
    if kind is None or not event_id:
        raise Invalid("an activity needs an id and a known kind")
    at = event.occur_time.seconds * 1000 + event.occur_time.nanos // 1_000_000
    if at > recorded_at + CLOCK_SKEW:
        raise Invalid("an activity that had not happened yet when it was recorded")
    try:
        return Activity(
            event_id=event_id, kind=kind, at=at,
            peer_id=event.peer_id or None,
            reply_latency_ms=event.reply_latency_ms if event.HasField("reply_latency_ms") else None,
            value=event.value if event.HasField("value") else None,
            opens_turn=event.opens_turn, imported=event.imported,
            consent_version=event.consent_version,
        )  # fmt: skip
    except InvalidActivity as error:
        raise Invalid(str(error)) from error


def to_events(touched: Touched, parameters: Parameters) -> Iterator[Change]:
    """What the world is told of a member's changes; all of it follows from her state."""
    state = touched.state
    if touched.cleared is not None and not touched.erased:
        offset, at = touched.cleared
        yield Change(
            offset,
            at,
            signals_pb.MemberSignalCleared(
                network_id=touched.network_id,
                member_id=touched.member_id,
                offset=offset,
            ),
        )
    if state.consent is not Consent.GRANTED:
        return
    at = state.newest_at or state.consent_at
    now, engagement = estimate(state, at, parameters), engagement_at(state, at)
    updated = signals_pb.MemberSignalUpdated(
        network_id=touched.network_id, member_id=touched.member_id, offset=state.offset,
        last_activity_time=timestamp(state.last_at),
        activity_count=state.taken, probability=now.risk.p if now else 0.0,
        engagement=engagement.score if engagement else 0.0,
        state=to_numbers(state), model_version=parameters.version,
        closed_days=[_closed(day) for day in touched.closed],
        consent_version=state.consent_version,
    )  # fmt: skip
    yield Change(state.offset, at, updated)


def to_erased(touched: Touched) -> Change:
    """What the world is told of a member whose state is gone: the last there is of her."""
    state = touched.state
    event = signals_pb.MemberSignalCleared(
        network_id=touched.network_id, member_id=touched.member_id, offset=state.offset,
        erased=True,
    )  # fmt: skip
    return Change(state.offset, state.consent_at, event)


def to_update(event: signals_pb.MemberSignalUpdated) -> Update:
    """The change of the read model an event asks for. Raises Invalid."""
    try:
        state = from_numbers(event.state)
    except UnknownLayout as error:
        raise Invalid(f"a state this release cannot read: {error}") from error
    row = Row(parse_id(event.member_id, "member_id"), state, event.probability)
    return Update(
        parse_id(event.network_id, "network_id"), row, tuple(map(_day, event.closed_days))
    )


def to_cleared(event: signals_pb.MemberSignalCleared) -> Cleared:
    """The change of the read model an event asks for. Raises Invalid."""
    return Cleared(
        parse_id(event.network_id, "network_id"), parse_id(event.member_id, "member_id"),
        event.offset, event.erased,
    )  # fmt: skip


def timestamp(millis: int) -> Timestamp | None:
    """A time in ms since 1970; None for 0, which means never."""
    if not millis:
        return None
    return Timestamp(seconds=millis // 1000, nanos=millis % 1000 * 1_000_000)


def _closed(day: ClosedDay) -> signals_pb.DayClosed:
    return signals_pb.DayClosed(
        day=day.day, probability=day.p, probability_low=day.p_low, probability_high=day.p_high,
        theta=day.theta, variance=day.variance, engagement=day.engagement, messages=day.messages,
        consent_version=day.consent_version,
    )  # fmt: skip


def _day(event: signals_pb.DayClosed) -> ClosedDay:
    return ClosedDay(
        event.day, event.probability, event.probability_low, event.probability_high,
        event.theta, event.variance, event.engagement, event.messages,
        event.consent_version,
    )  # fmt: skip
