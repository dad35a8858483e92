"""How values look in JSON and in addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import msgspec
import pytest
from common.errors import Invalid
from gateway.entrypoints.http import (
    accounts,
    consent_records,
    consents,
    enrollments,
    fields,
    posts,
    profiles,
    programs,
)
from gateway.entrypoints.http import signals as signal
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from kith.signals.v1 import signals_pb2

ENUMS = [
    (accounts.RoleName, accounts.ROLES), (consents.PurposeName, consents.PURPOSES),
    (posts.IntentName, posts.INTENTS), (programs.StepKindName, programs.STEP_KINDS),
    (enrollments.StateName, enrollments.STATES), (signal.StatusName, signal.STATUSES),
    (consent_records.ActionName, consent_records.ACTIONS),
    (consent_records.MethodName, consent_records.METHODS),
    (signal.BandName, signal.BANDS), (profiles.VisibilityName, profiles.VISIBILITIES),
    (profiles.BadgeName, profiles.BADGES),
]  # fmt: skip
TIMES = st.datetimes(
    min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)
)


@pytest.mark.parametrize("literal, names", ENUMS, ids=lambda it: str(it)[:40])
def test_words_and_enum_values_are_the_same_set(literal: Any, names: fields.Names[Any]) -> None:
    known = {names.text(number) for number in range(50)} - {"unspecified"}
    assert set(get_args(literal)) == known
    for word in known:
        assert names.text(names.number(word)) == word


def test_a_value_that_a_newer_service_knows_is_unspecified() -> None:
    assert str(accounts.ROLES.text(999)) == "unspecified"


def test_a_time_is_in_utc_to_the_millisecond() -> None:
    stamp = Timestamp(seconds=1_767_225_600, nanos=7_999_999)
    assert fields.time(stamp) == "2026-01-01T00:00:00.007Z"
    assert fields.time(Timestamp()) == "1970-01-01T00:00:00.000Z"


@given(TIMES)
def test_a_time_comes_back_as_it_was_sent_but_for_less_than_a_millisecond(at: datetime) -> None:
    text = fields.time(fields.timestamp(at, "at"))
    assert text.endswith("Z")
    assert timedelta() <= at - datetime.fromisoformat(text) < timedelta(milliseconds=1)
    assert fields.timestamp_of(text, "at") == fields.timestamp(datetime.fromisoformat(text), "at")


def test_a_time_of_another_zone_is_the_same_instant() -> None:
    stamp = fields.timestamp_of("2026-01-01T01:30:00+01:30", "at")
    assert stamp is not None
    assert fields.time(stamp) == "2026-01-01T00:00:00.000Z"


def test_no_time_is_no_time() -> None:
    assert fields.timestamp_of(None, "at") is None


@pytest.mark.parametrize("text", ["now", "2026-01-01", "2026-01-01T00:00:00", "5", "-1", "null"])
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        fields.timestamp_of(text, "asOfTime")
    assert caught.value.metadata == {"field": "asOfTime"}


def test_a_time_before_the_calendar_is_refused() -> None:
    with pytest.raises(Invalid):
        fields.timestamp(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "at")


def test_what_is_not_known_is_left_out_and_zero_is_not() -> None:
    made = msgspec.to_builtins(signal.signal_of(signals_pb2.MemberSignal(member_id="a")))
    assert "lastSurveyTime" not in made
    assert "reciprocity" not in made["engagement"]
    assert "band" not in made["risk"]
    assert made["engagement"]["score"] == 0.0
    assert made["risk"]["reasons"] == []
