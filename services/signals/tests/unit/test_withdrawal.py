"""Nothing dated after a withdrawal uses the member, however activity and withdrawals interleave.

Several members act, agree, withdraw and agree again, to one text or another; activities come late,
twice, and in batches of any size, and the worker is killed before or after it stored a batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as signals_pb
from signals.adapters.events import Change, to_cleared, to_events, to_update
from signals.adapters.records import read
from signals.application.fold import Fold
from signals.domain.codec import decode, encode
from signals.domain.state import Consent, MemberState

from services.signals.tests.builders import (
    CONSENT,
    DAY,
    HOUR,
    NETWORK,
    PARAMETERS,
    START,
    WITHDRAWAL,
    Record,
    a_record,
    an_event,
)
from services.signals.tests.fakes import FakeReadModel

MEMBERS = [UUID(int=number) for number in (1, 2, 3)]
VALUES = {pb.ACTIVITY_KIND_SURVEY_SCORE: 7, pb.ACTIVITY_KIND_CHECK_IN: 1}
ACTS = (pb.ACTIVITY_KIND_ASK, pb.ACTIVITY_KIND_MESSAGE_SENT, *VALUES)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is told: by whom, what, how long after the one before, how late."""

    member: int
    kind: pb.ActivityKind.ValueType
    hours: int
    late: int
    version: int
    twice: bool


acts = st.tuples(
    st.sampled_from(ACTS), st.sampled_from([1, 30, 100]), st.sampled_from([0, 0, 7, 60])
)
DECISIONS = [(), (WITHDRAWAL,), (WITHDRAWAL, CONSENT), (CONSENT,)]


def a_while(
    member: int, done: list[tuple[pb.ActivityKind.ValueType, int, int]],
    decided: tuple[pb.ActivityKind.ValueType, ...], version: int, twice: bool,
) -> list[Step]:  # fmt: skip
    """She acts a few times, and then may change her mind, or tell it again."""
    steps = [Step(member, kind, hours, late, 0, twice) for kind, hours, late in done]
    return steps + [Step(member, kind, 1, 0, version, twice) for kind in decided]


whiles = st.builds(
    a_while, st.sampled_from([0, 0, 1, 2]), st.lists(acts, max_size=4),
    st.sampled_from(DECISIONS), st.integers(1, 3), st.booleans(),
)  # fmt: skip
stories = st.lists(whiles, max_size=12).map(lambda found: [one for part in found for one in part])


def log_of(told: Sequence[Step]) -> list[Record]:
    """The partition: decisions in the order of their times, as identity stamps them; acts late."""
    log: list[Record] = []
    at = START
    agreed = [Step(member, CONSENT, 1, 0, 1, False) for member in range(len(MEMBERS))]
    for step in [*agreed, *told]:
        at += step.hours * HOUR
        decides = step.kind in (CONSENT, WITHDRAWAL)
        more: dict[str, Any] = {"consent_version": step.version} if decides else {}
        if step.kind in VALUES:
            more = {"value": VALUES[step.kind]}
        when = at if decides else at - step.late * HOUR
        event = an_event(MEMBERS[step.member], step.kind, when, **more)
        record = a_record(event, len(log))
        log.append(record)
        if step.twice:  # a producer that did not hear the acknowledgement
            log.append(a_record(event, len(log), headers=record.headers))
    return log


@dataclass(slots=True)
class Life:
    """What may be known of one member after so many records: written without the model."""

    granted: bool = False
    since: int = 0  # time of the last grant
    begun: int = 0  # of the one after which everything counts
    offset: int = -1  # of the grant from which on everything counts
    version: int = 0
    ids: set[bytes] = field(default_factory=set)
    withdrawn_at: int | None = None

    def take(self, record: Record) -> None:
        event = pb.ActivityRecorded.FromString(record.value or b"")
        at = event.occur_time.ToMilliseconds()
        if event.kind == WITHDRAWAL:
            if self.granted or self.withdrawn_at is None or at > self.withdrawn_at:
                self.granted, self.withdrawn_at, self.ids = False, record.offset, set()
        elif event.kind == CONSENT:
            if not self.granted:
                self.offset, self.begun, self.ids = record.offset, at, set()
            if not self.granted or at > self.since:
                self.granted, self.since, self.version = True, at, event.consent_version
        elif self.granted and at >= self.since:
            self.ids.add(dict(record.headers)["ce_id"])


def lives(log: Sequence[Record]) -> dict[str, Life]:
    found: dict[str, Life] = {}
    for record in log:
        found.setdefault((record.key or b"").decode(), Life()).take(record)
    return found


class Worker:
    """Folds the log in batches; killed, it begins again with what it stored."""

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}
        self.model = FakeReadModel()
        self.told: list[Change] = []

    def batch(self, log: Sequence[Record], *, dies: str) -> list[Change]:
        """Fold, publish, store; and die before publishing, or between the two."""
        fold = Fold(self.states.get, PARAMETERS)
        for record in log:
            found = read(record)
            assert found is not None
            fold.take(*found, record.partition, record.offset)
        if dies == "before":
            return []
        touched = fold.touched()
        for member in touched:
            _holds_nothing_without_consent(member.state)
        told = [change for member in touched for change in to_events(member, PARAMETERS)]
        self._publish(told)
        if dies != "between":
            self.states |= {member.member_id: encode(member.state) for member in touched}
        return told

    def _publish(self, told: Sequence[Change]) -> None:
        self.told += told
        asyncio.run(self.model.write([
            to_cleared(change.event)
            if isinstance(change.event, signals_pb.MemberSignalCleared)
            else to_update(change.event)
            for change in told
        ]))  # fmt: skip


def _holds_nothing_without_consent(state: MemberState) -> None:
    if state.consent is not Consent.GRANTED:
        assert state == MemberState(state.consent, state.consent_at, state.offset)


deaths = st.sampled_from(["", "", "before", "between"])


def batches(
    log: Sequence[Record], sizes: Sequence[tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    """From where to where, and how the worker ends; who died gets the same again."""
    start = 0
    for size, dies in [*sizes, (len(log), "")]:
        yield start, start + size, dies
        if dies:
            yield start, start + size, ""
        start += size


@given(stories, st.lists(st.tuples(st.integers(1, 9), deaths), max_size=9))
@settings(max_examples=300, deadline=None)
def test_nothing_dated_after_a_withdrawal_uses_the_member(
    told: list[Step], sizes: list[tuple[int, str]]
) -> None:
    log, worker = log_of(told), Worker()
    for start, end, dies in batches(log, sizes):
        published = worker.batch(log[start:end], dies=dies)
        known = lives(log[:end])
        for change in published:
            _allowed(change, known[change.event.member_id], log)
        if not dies:
            _quiet(worker, known)
    _as_if_nothing_was_before(worker, log)


def _allowed(change: Change, life: Life, log: Sequence[Record]) -> None:
    """What is told of her rests on her last yes and on nothing before it, under its text."""
    event = change.event
    if isinstance(event, signals_pb.MemberSignalCleared):
        cause = pb.ActivityRecorded.FromString(log[event.offset].value or b"")
        assert (cause.member_id, cause.kind) == (event.member_id, WITHDRAWAL)
        return
    assert life.granted, "told of somebody who withdrew"
    assert event.offset >= life.offset
    assert event.consent_version == life.version
    assert event.activity_count == len(life.ids)
    for day in event.closed_days:
        assert life.withdrawn_at is None or (day.day + 1) * DAY > life.begun


def _quiet(worker: Worker, known: dict[str, Life]) -> None:
    """Of who withdrew nothing is left: no state, no row, no day."""
    signals = worker.model.of(NETWORK)
    for name, life in known.items():
        state = decode(worker.states[name]) if name in worker.states else MemberState()
        row = asyncio.run(signals.get(UUID(name)))
        if life.granted:
            assert row is not None
            assert (row.state.consent_version, state.consent_version) == (life.version,) * 2
            continue
        assert row is None
        assert not [day for whose, day in worker.model.days if whose == UUID(name)]
        assert state.consent is not Consent.GRANTED
        _holds_nothing_without_consent(state)


def _as_if_nothing_was_before(worker: Worker, log: Sequence[Record]) -> None:
    """Her state is, to the bit, what it would be had she never been here before her last yes."""
    for name, life in lives(log).items():
        if not life.granted:
            continue
        since = [one for one in log if one.key == name.encode() and one.offset >= life.offset]
        alone = Worker()
        alone.batch(since, dies="")
        assert alone.states[name] == worker.states[name]
