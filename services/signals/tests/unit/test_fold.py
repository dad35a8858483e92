"""Folding in memory: wherever it is cut, stored or forgotten, the same states and days come out."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.application.fold import MAX_DECODED, Fold
from signals.domain.activity import Activity, ActivityKind
from signals.domain.codec import UnknownLayout, decode, encode
from signals.domain.days import ClosedDay
from signals.domain.state import Consent
from signals.domain.take import take

from services.signals.tests.unit.builders import (
    GRANTED,
    WITHDRAWN,
    P,
    activity,
    histories,
    messages,
)

NETWORK = "network"
MEMBERS = ("ada", "bea", "cleo")
Entry = tuple[str, Activity]


@dataclass
class Kept:
    """What the stream keeps: states by member, and days as the read model has them."""

    states: dict[str, bytes] = field(default_factory=dict)
    days: dict[tuple[str, int], ClosedDay] = field(default_factory=dict)

    def fold(self) -> Fold:
        return Fold(self.states.get, P)

    def flush(self, fold: Fold) -> None:
        for touched in fold.touched():
            member = touched.member_id
            if touched.cleared is not None:
                self.days = {key: day for key, day in self.days.items() if key[0] != member}
            self.days |= {(member, day.day): day for day in touched.closed}
            self.states[member] = encode(touched.state)
        fold.stored()


def undisturbed(log: list[Entry]) -> Kept:
    """The model alone, one activity after the other."""
    kept = Kept()
    for offset, (member, one) in enumerate(log):
        before = kept.states.get(member)
        taken = take(decode(before) if before else None, one, offset, P)
        if not taken.changed:
            continue
        kept.states[member] = encode(taken.state)
        if taken.state.consent is not Consent.GRANTED:
            kept.days = {key: day for key, day in kept.days.items() if key[0] != member}
        kept.days |= {(member, day.day): day for day in taken.closed}
    return kept


def logs() -> st.SearchStrategy[list[Entry]]:
    """What three members do, one log; now and then one of them decides about her consent."""
    decisions = st.sampled_from([GRANTED, WITHDRAWN, ActivityKind.MEMBER_ERASED])
    places = st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(MEMBERS), decisions), max_size=6
    )

    def woven(
        history: list[Activity], whose: list[int], decided: list[tuple[int, str, ActivityKind]]
    ) -> list[Entry]:
        log = [(MEMBERS[who % 3], one) for one, who in zip(history, whose * 60, strict=False)]
        for number, (place, member, kind) in enumerate(decided):
            at = min(place, len(log))
            day = -900 + number  # before all acts, in the order of the log
            log.insert(at, (member, activity(kind, day)))
        return [(member, activity(GRANTED, -1000)) for member in MEMBERS] + log

    return st.builds(
        woven, histories(most=60, disorder=3.0), st.lists(st.integers(0, 5), min_size=1), places
    )


@given(logs(), st.sets(st.integers(0, 70)))
def test_where_batches_end_changes_nothing(log: list[Entry], ends: set[int]) -> None:
    kept = Kept()
    fold = kept.fold()
    for offset, (member, one) in enumerate(log):
        fold.take(member, NETWORK, one, 0, offset)
        if offset in ends:
            kept.flush(fold)
    kept.flush(fold)
    assert kept == undisturbed(log)


@given(logs(), st.lists(st.tuples(st.integers(0, 70), st.booleans(), st.integers(0, 20))))
def test_what_was_forgotten_or_not_committed_is_taken_again_and_once(
    log: list[Entry], interruptions: list[tuple[int, bool, int]]
) -> None:
    kept = Kept()
    fold = kept.fold()
    stored = 0
    for until, flushed, again in sorted(interruptions):
        until = min(until, len(log))
        for offset in range(max(0, stored - again), until):
            fold.take(*_at(log, offset))
        if flushed:
            kept.flush(fold)
            stored = max(stored, until)
        fold.forget()
    for offset in range(stored, len(log)):
        fold.take(*_at(log, offset))
    kept.flush(fold)
    assert kept == undisturbed(log)


def _at(log: list[Entry], offset: int) -> tuple[str, str, Activity, int, int]:
    member, one = log[offset]
    return member, NETWORK, one, 0, offset


def folded(*activities: Activity, fold: Fold | None = None) -> Fold:
    fold = fold or Kept().fold()
    for offset, one in enumerate(activities):
        fold.take("ada", NETWORK, one, 3, offset)
    return fold


def test_a_member_is_stored_once_for_all_her_activities_of_a_batch() -> None:
    (touched,) = folded(activity(GRANTED, 0), *messages(1, 5)).touched()
    assert (touched.member_id, touched.network_id, touched.partition) == ("ada", NETWORK, 3)
    assert (touched.state.offset, touched.state.taken) == (5, 5)
    assert touched.cleared is None


def test_what_changed_nothing_is_not_stored() -> None:
    kept = Kept()
    fold = folded(activity(GRANTED, 0), *messages(1, 5), fold=kept.fold())
    kept.flush(fold)
    assert folded(activity(GRANTED, 0), *messages(1, 5), fold=fold).touched() == []


def test_a_withdrawal_is_owed_also_if_she_agreed_again_in_the_same_batch() -> None:
    days = [activity(ActivityKind.ASK, day) for day in range(1, 9)]
    fold = folded(activity(GRANTED, 0), *days, activity(WITHDRAWN, 9), activity(GRANTED, 10))
    (touched,) = fold.touched()
    assert touched.cleared == (9, activity(WITHDRAWN, 9).at)
    assert touched.closed == []  # the days before it are of no consequence any more
    assert touched.state.consent is Consent.GRANTED
    fold.take("ada", NETWORK, activity(ActivityKind.ASK, 11), 3, 11)
    fold.take("ada", NETWORK, activity(ActivityKind.ASK, 15), 3, 12)
    (touched,) = fold.touched()
    assert [day.day for day in touched.closed] == [activity(GRANTED, 11).at // 86_400_000]
    fold.stored()
    fold.take("ada", NETWORK, activity(ActivityKind.ASK, 16), 3, 13)
    (touched,) = fold.touched()
    assert touched.cleared is None


def test_states_are_read_anew_after_they_were_forgotten() -> None:
    kept = Kept()
    fold = folded(activity(GRANTED, 0), *messages(1, 5), fold=kept.fold())
    kept.flush(fold)
    fold.forget()
    kept.states.clear()  # somebody else has the partition, and withdrew consent
    fold.take("ada", NETWORK, activity(ActivityKind.ASK, 2), 3, 6)
    assert fold.touched() == []


def test_a_state_of_another_release_is_an_error_and_not_a_new_member() -> None:
    fold = Fold({"ada": b"\x63 written by a later release"}.get, P)
    with pytest.raises(UnknownLayout):
        fold.take("ada", NETWORK, activity(ActivityKind.ASK, 2), 3, 6)


def test_states_that_are_not_in_use_do_not_fill_the_memory() -> None:
    kept = Kept()
    fold = kept.fold()
    for number in range(MAX_DECODED + 10):
        fold.take(str(number), NETWORK, activity(GRANTED, 0), 0, number)
    kept.flush(fold)
    kept.states["0"] = b""  # the first were dropped and are read again, the last were not
    kept.states[str(MAX_DECODED)] = b""
    with pytest.raises(UnknownLayout):
        fold.take("0", NETWORK, activity(ActivityKind.ASK, 1), 0, MAX_DECODED + 10)
    fold.take(str(MAX_DECODED), NETWORK, activity(ActivityKind.ASK, 1), 0, MAX_DECODED + 11)
