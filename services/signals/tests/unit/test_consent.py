"""Nothing is computed without consent, and nothing computed outlives it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import Activity, ActivityKind
from signals.domain.codec import encode
from signals.domain.estimate import course_ahead, engagement_at, estimate
from signals.domain.state import Consent, MemberState
from signals.domain.take import take

from services.signals.tests.unit.builders import (
    GRANTED,
    WITHDRAWN,
    P,
    activity,
    at,
    consented,
    histories,
    messages,
    run,
    survey,
    take_all,
)

ERASED = ActivityKind.MEMBER_ERASED


@given(histories())
def test_of_somebody_who_never_consented_nothing_is_kept(history: list[Activity]) -> None:
    state: MemberState | None = None
    for offset, one in enumerate(history):
        taken = take(state, one, offset, P)
        assert not taken.changed
        assert taken.state == MemberState()
        state = taken.state


@pytest.mark.parametrize("end", [WITHDRAWN, ERASED])
@given(history=histories(), after=histories())
def test_the_end_of_consent_leaves_its_time_and_offset_and_nothing_else(
    end: ActivityKind, history: list[Activity], after: list[Activity]
) -> None:
    state = take_all(history)
    offset = state.offset + 1
    taken = take(state, activity(end, 1e5), offset, P)
    assert taken.changed
    left = taken.state
    consent = Consent.ERASED if end is ERASED else Consent.WITHDRAWN
    assert left == MemberState(consent, at(1e5), offset)
    assert len(encode(left)) == 18
    for one in after:
        assert take(left, one, left.offset + 1, P) == (left, False, ())
    assert estimate(left, at(1e5), P) is None
    assert engagement_at(left, at(1e5)) is None
    assert course_ahead(left, at(1e5), P) == ()


def test_consent_given_again_begins_from_nothing() -> None:
    state = take_all([survey(0, 9), *messages(5, 3), activity(WITHDRAWN, 6), activity(GRANTED, 7)])
    fresh = consented(7)
    assert state.belief == fresh.belief
    assert state.taken == 0
    assert state.survey_at == 0


@given(st.permutations([(GRANTED, 1.0), (WITHDRAWN, 2.0), (GRANTED, 3.0), (WITHDRAWN, 4.0)]))
def test_the_latest_decision_holds_in_whatever_order_they_come(
    decisions: list[tuple[ActivityKind, float]],
) -> None:
    state = take_all([activity(kind, day) for kind, day in decisions], MemberState())
    assert state.consent is Consent.WITHDRAWN
    assert state.consent_at == at(4)


def test_an_old_consent_delivered_again_does_not_come_back() -> None:
    granted = activity(GRANTED, 1)
    state = take_all([granted, *messages(2, 100), activity(WITHDRAWN, 3)], MemberState())
    assert take(state, granted, 10_000, P) == (state, False, ())


def test_of_a_consent_and_a_withdrawal_at_the_same_instant_the_withdrawal_holds() -> None:
    one = take_all([activity(GRANTED, 1), activity(WITHDRAWN, 1)], MemberState())
    other = take_all([activity(WITHDRAWN, 1), activity(GRANTED, 1)], MemberState())
    assert one.consent is other.consent is Consent.WITHDRAWN


def test_a_consent_repeated_keeps_what_there_is() -> None:
    once = take_all([survey(0, 8), *messages(1, 3)])
    belief = once.copy().belief
    again = take(once, activity(GRANTED, 2), 1_000, P).state
    assert again.belief == belief
    assert (again.consent_at, again.offset) == (at(2), 1_000)


def test_what_is_derived_rests_on_the_text_that_was_agreed_to_last() -> None:
    first = activity(GRANTED, 0, consent_version=1)
    state = take_all([first, *messages(1, 3)], MemberState())
    assert state.consent_version == 1
    newer = take(state, activity(GRANTED, 2, consent_version=2), state.offset + 1, P).state
    assert (newer.consent_version, newer.taken) == (2, 3)
    answers = run([survey(3, 8), survey(9, 8)], newer)
    assert {day.consent_version for taken in answers for day in taken.closed} == {2}
    left = take(newer, activity(WITHDRAWN, 20, consent_version=2), 10_000, P).state
    assert left.consent_version == 0


def test_what_was_done_before_the_consent_is_not_looked_at() -> None:
    state = consented(since=5)
    assert not take(state, survey(4.9, 9), 1, P).changed
    assert take(state, survey(5.0, 9), 1, P).changed


def test_history_imported_after_the_consent_is_taken_though_it_is_older() -> None:
    state = consented(since=5)
    assert take(state, activity(ActivityKind.SESSION, 1, imported=True), 1, P).changed


def test_the_erased_never_come_back() -> None:
    state = take_all([activity(ERASED, 1), activity(GRANTED, 2), activity(WITHDRAWN, 3)])
    assert state == MemberState(Consent.ERASED, at(1), 1)


def test_erasure_holds_though_a_decision_has_a_later_time() -> None:
    state = take_all([activity(GRANTED, 9), activity(ERASED, 1)])
    assert state.consent is Consent.ERASED
