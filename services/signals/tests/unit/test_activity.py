"""An activity that cannot be right is refused before it reaches any state."""

from __future__ import annotations

import pytest
from signals.domain.activity import Activity, ActivityKind, InvalidActivity
from signals.domain.window import PLACE_OF, is_act

from services.signals.tests.unit.builders import activity, check_in, survey


@pytest.mark.parametrize("value", [2, 10, -1])
def test_a_survey_score_outside_3_to_9_is_refused(value: int) -> None:
    with pytest.raises(InvalidActivity, match="SURVEY_SCORE"):
        survey(0, value)


@pytest.mark.parametrize("value", [5, -1])
def test_a_check_in_outside_0_to_4_is_refused(value: int) -> None:
    with pytest.raises(InvalidActivity, match="CHECK_IN"):
        check_in(0, value)


@pytest.mark.parametrize("kind", [ActivityKind.SURVEY_SCORE, ActivityKind.CHECK_IN])
def test_an_answer_without_a_value_is_refused(kind: ActivityKind) -> None:
    with pytest.raises(InvalidActivity):
        Activity("id", kind, 1)


@pytest.mark.parametrize("at", [0, -1, 253_402_300_800_000])
def test_a_time_outside_1970_to_9999_is_refused(at: int) -> None:
    with pytest.raises(InvalidActivity, match="time"):
        Activity("id", ActivityKind.SESSION, at)


def test_an_answer_before_its_question_is_refused() -> None:
    with pytest.raises(InvalidActivity, match="before it was asked"):
        activity(ActivityKind.REPLY_RECEIVED, 0, reply_latency_ms=-1)


def test_every_kind_has_the_number_of_the_contract_and_a_place_of_its_own_number() -> None:
    assert [kind.value for kind in ActivityKind] == list(range(1, 18))
    assert len(PLACE_OF) == 18


def test_what_happens_to_a_member_is_not_her_act() -> None:
    acts = {kind.name for kind in ActivityKind if is_act(kind)}
    assert acts == {
        "ASK", "OFFER", "SHARE", "COMMENT", "REACTION", "MESSAGE_SENT", "MESSAGE_READ", "SESSION",
        "STEP_DONE", "CHECK_IN", "SURVEY_SCORE",
    }  # fmt: skip
