"""Who agreed to a conversation, and what each of both may know of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.domain.contact import CONNECTED, IN_CIRCLE, WhoMayWrite, standing_of
from messaging.domain.errors import ConversationNotRequested
from messaging.domain.seat import Mute, Seat, Standing, State, state_for

from services.messaging.tests.builders import ADA, BEN, HOUR, MINUTE, NOW

TALK = new_id()
ALL_TIES: list[set[str]] = [set(), {CONNECTED}, {IN_CIRCLE}, {CONNECTED, IN_CIRCLE}]


def a_seat(member_id: object = BEN, standing: Standing = Standing.ASKED) -> Seat:
    assert member_id in (ADA, BEN)
    return Seat(TALK, BEN if member_id == BEN else ADA, NOW, standing)


def test_without_seats_both_have_agreed() -> None:
    assert state_for(ADA, []) is State.OPEN
    assert state_for(BEN, [a_seat(ADA, Standing.ACCEPTED)]) is State.OPEN


@pytest.mark.parametrize("standing", [Standing.ASKED, Standing.DECLINED, Standing.UNHEARD])
def test_who_asked_is_told_the_same_whatever_the_other_does(standing: Standing) -> None:
    seats = [a_seat(ADA, Standing.ACCEPTED), a_seat(BEN, standing)]
    assert state_for(ADA, seats) is State.REQUESTED
    assert state_for(ADA, seats[1:]) is State.REQUESTED


def test_who_is_asked_knows_it_until_she_answers() -> None:
    assert state_for(BEN, [a_seat()]) is State.RECEIVED
    assert state_for(BEN, [a_seat().decline(NOW)]) is State.DECLINED
    assert state_for(BEN, [a_seat().stand(Standing.ACCEPTED, NOW)]) is State.OPEN


def test_a_request_is_declined_and_a_talk_is_not() -> None:
    declined = a_seat().decline(NOW)
    assert declined.decline(NOW) is declined
    assert not declined.hears
    agreed = declined.stand(Standing.ACCEPTED, NOW)
    assert agreed.hears
    with pytest.raises(ConversationNotRequested):
        agreed.decline(NOW)


@given(until=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=900)),
       later=st.timedeltas(timedelta(0), timedelta(days=1000)))  # fmt: skip
def test_a_mute_holds_until_its_end_and_no_longer(
    until: timedelta | None, later: timedelta
) -> None:
    end = None if until is None else NOW + until
    muted = a_seat().mute_until(end, NOW)
    holds = until is None or later < until
    assert muted.muted(NOW + later) == (Mute(end) if holds else None)
    assert muted.unmute(NOW + later).muted(NOW + later) is None


def test_a_mute_that_is_over_before_it_begins_is_refused() -> None:
    for until in (NOW, NOW - MINUTE):
        with pytest.raises(Invalid):
            a_seat().mute_until(until, NOW)
    assert a_seat().unmute(NOW) == a_seat()


@given(left=st.integers(0, 50), last=st.integers(0, 100))
def test_who_left_is_back_with_the_next_message(left: int, last: int) -> None:
    assert not a_seat().hides(last)
    assert a_seat().leave(left, NOW).hides(last) == (last <= left)


@given(st.lists(st.sampled_from(["accept", "decline", "mute", "unmute", "leave"])))
def test_every_change_is_a_version_and_what_was_agreed_stays(steps: list[str]) -> None:
    seat, agreed = a_seat(), False
    for step in steps:
        before = seat
        try:
            seat = _do(seat, step)
        except ConversationNotRequested:
            assert agreed
            assert step == "decline"
        agreed = agreed or step == "accept"
        assert seat.agreed == agreed
        assert seat.version == before.version + (seat is not before)


def _do(seat: Seat, step: str) -> Seat:
    if step == "accept":
        return seat.stand(Standing.ACCEPTED, NOW)
    if step == "decline":
        return seat.decline(NOW)
    if step == "mute":
        return seat.mute_until(NOW + HOUR, NOW)
    return seat.unmute(NOW) if step == "unmute" else seat.leave(3, NOW)


def test_a_rule_lets_in_whom_it_names_and_all_others_ask() -> None:
    direct: dict[WhoMayWrite, Callable[[set[str]], bool]] = {
        WhoMayWrite.CONNECTIONS: lambda ties: CONNECTED in ties,
        WhoMayWrite.CIRCLES: lambda ties: bool(ties),
        WhoMayWrite.NETWORK: lambda ties: True,
    }
    for rule, ties in product(direct, ALL_TIES):
        expected = Standing.ACCEPTED if direct[rule](ties) else Standing.ASKED
        assert standing_of(rule, ties) is expected
    for ties in ALL_TIES:
        assert standing_of(WhoMayWrite.NOBODY, ties) is Standing.UNHEARD
