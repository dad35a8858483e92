"""A replay of the log gives the same state and course, to the last bit, however it is cut."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import signals.domain
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import DAY, Activity, ActivityKind
from signals.domain.codec import decode, encode
from signals.domain.days import ClosedDay
from signals.domain.estimate import estimate
from signals.domain.state import MemberState
from signals.domain.take import take

from services.signals.tests.unit.builders import (
    FIRST_DAY,
    GRANTED,
    WITHDRAWN,
    P,
    activity,
    at,
    check_in,
    histories,
    survey,
    take_all,
)
from services.signals.tests.unit.reference import Reference

Log = list[Activity]
Answered = Callable[[float, int], Activity]
Course = dict[int, ClosedDay]


def play(log: Log, state: MemberState | None, start: int = 0) -> tuple[MemberState, Course]:
    course: Course = {}
    for offset, one in enumerate(log[start:], start):
        taken = take(state, one, offset, P)
        state = taken.state
        course.update({day.day: day for day in taken.closed})
    return state or MemberState(), course


def with_consent(history: Log) -> Log:
    return [activity(GRANTED, -1000), *history]


@given(histories(disorder=10.0), st.data())
def test_a_kill_at_any_moment_ends_in_the_undisturbed_state(
    history: Log, data: st.DataObject
) -> None:
    log = with_consent(history)
    undisturbed, whole_course = play(log, None)
    stored = data.draw(st.integers(1, len(log)), label="the state stored last had taken so many")
    committed = data.draw(st.integers(0, stored), label="offset from which the log comes again")
    before, course = play(log[:stored], None)
    after, rest = play(log, decode(encode(before)), committed)
    assert encode(after) == encode(undisturbed)
    assert {**course, **rest} == whole_course


@given(histories(disorder=10.0), st.randoms(use_true_random=False))
def test_what_a_producer_sends_twice_is_taken_once(history: Log, chance: random.Random) -> None:
    log = with_consent(history)
    doubled: Log = []
    for place, one in enumerate(log):
        doubled += [
            one,
            *(old for old in log[max(0, place - 30) : place + 1] if chance.random() < 0.1),
        ]
    once, course = play(log, None)
    twice, same_course = play(doubled, None)
    twice.offset = once.offset
    assert encode(twice) == encode(once)
    assert same_course == course


@given(histories(disorder=10.0))
def test_the_same_log_gives_the_same_bytes(history: Log) -> None:
    assert encode(take_all(history)) == encode(take_all(history))


@given(histories(disorder=10.0), st.integers(0, 60))
def test_looking_ahead_leaves_the_state_as_it_is(history: Log, days: int) -> None:
    state = take_all(history)
    before = encode(state)
    estimate(state, state.newest_at + days * DAY, P)
    assert encode(state) == before


@given(histories(), st.integers(1, 40))
def test_the_stream_agrees_with_the_specification_by_the_book(history: Log, days: int) -> None:
    agrees(history, history[-1].at // DAY + days)


@pytest.mark.parametrize("first, second", [(survey, check_in), (check_in, survey)])
def test_answers_of_one_day_are_taken_in_their_order(first: Answered, second: Answered) -> None:
    agrees([first(0.05, 4), second(0.95, 3)], FIRST_DAY + 1)


def agrees(history: Log, until: int) -> None:
    """The stream's belief, all days before `until` closed, is the reference's."""
    expected = Reference(history, until, P)
    state = take_all([*history, activity(ActivityKind.ENROLLED, until - FIRST_DAY + 2)])
    belief = state.belief
    assert [belief.d, belief.mu] == pytest.approx(expected.x, rel=1e-9, abs=1e-11)
    covariance = [[belief.p_dd, belief.p_dm], [belief.p_dm, belief.p_mm]]
    for row, expected_row in zip(covariance, expected.P, strict=True):
        assert row == pytest.approx(expected_row, rel=1e-9, abs=1e-11)


def test_consent_withdrawn_and_given_again_replays_alike() -> None:
    log = [
        activity(GRANTED, 0), activity(ActivityKind.ASK, 1), activity(WITHDRAWN, 2),
        activity(ActivityKind.ASK, 3), activity(GRANTED, 4), activity(ActivityKind.ASK, 5),
    ]  # fmt: skip
    state, _ = play(log, None)
    for start in range(len(log)):
        again, _ = play(log, decode(encode(state)), start)
        assert again == state
    assert state.taken == 1
    assert state.first_at == at(5)


def test_the_model_can_see_no_clock_no_network_and_no_chance() -> None:
    allowed = {
        "__future__", "collections.abc", "dataclasses", "enum", "hashlib", "math", "struct",
        "typing",
    }  # fmt: skip
    for path in Path(signals.domain.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                assert name in allowed or name.startswith("signals.domain"), f"{path.name}: {name}"
