"""One member's way through a program: every step once, whatever the order and however often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs.domain.enrollment import StepDone
from programs.domain.errors import StepNotFound

from services.programs.tests.builders import NOW, a_definition, a_step, an_enrollment, steps


@given(st.integers(1, 6), st.lists(st.integers(0, 5), max_size=30))
def test_every_step_counts_once_and_the_last_one_completes(count: int, taps: list[int]) -> None:
    definition = a_definition(*steps(count))
    enrollment, events, done = an_enrollment(), list[StepDone](), list[int]()
    for number, tap in enumerate(tap % count for tap in taps):
        at = NOW + timedelta(minutes=number)
        before = enrollment
        enrollment, event = before.mark_done(definition, f"s{tap}", at)
        if tap in done:
            assert event is None
            assert enrollment is before
            continue
        done.append(tap)
        assert event == StepDone(at, 1 + tap // 2, tap, len(done) == count)
        events.append(event)
    assert enrollment.done_step_ids == tuple(f"s{index}" for index in done)
    assert enrollment.completed == (len(done) == count)
    assert enrollment.version == 1 + len(done)
    assert sum(event.completed_program for event in events) == (len(done) == count)


def test_a_step_of_another_program_is_not_found() -> None:
    enrollment = an_enrollment()
    with pytest.raises(StepNotFound):
        enrollment.mark_done(a_definition(a_step("hello")), "goodbye", NOW)


def test_a_new_enrollment_tells_when_it_began() -> None:
    assert an_enrollment().started().at == NOW
