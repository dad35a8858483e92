"""What two members can do to each other, in any order, and that neither learns what is not hers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from common.errors import Invalid
from common.ids import new_id
from community.domain.connection import (
    AFTER_ENDING,
    AFTER_WITHDRAWING,
    QUIET,
    Connection,
    State,
    Told,
    View,
    connection_id,
    first_request,
)
from community.domain.errors import ConnectionAskLater
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import NOW

ANA, BEN = sorted((new_id(), new_id()))
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def asked() -> Connection:
    return first_request(ANA, BEN, NOW)


def connected() -> Connection:
    made = asked().accept(BEN, NOW)
    assert made
    return made


def test_a_pair_is_one_whoever_begins() -> None:
    assert connection_id(ANA, BEN) == connection_id(BEN, ANA) == asked().id
    assert first_request(BEN, ANA, NOW).member_ids == asked().member_ids == (ANA, BEN)
    with pytest.raises(Invalid):
        first_request(ANA, ANA, NOW)


def test_one_asks_the_other_agrees_and_either_ends_it() -> None:
    assert (asked().seen_by(ANA), asked().seen_by(BEN)) == (View.REQUESTED, View.RECEIVED)
    assert asked().accept(ANA, NOW) is None
    both = connected()
    assert both.seen_by(ANA) is both.seen_by(BEN) is View.CONNECTED
    assert both.accept(ANA, NOW) is both.ask(BEN, NOW) is both
    ended = both.let_go(ANA, NOW)
    assert (ended.state, ended.seen_by(ANA), ended.seen_by(BEN)) == (State.ENDED, None, None)
    assert ended.let_go(BEN, NOW) is ended
    assert ended.accept(BEN, NOW) is None


def test_who_both_ask_are_connected() -> None:
    assert asked().ask(ANA, NOW) == asked()
    assert asked().ask(BEN, NOW).state is State.CONNECTED


def test_who_ended_it_may_ask_at_once_and_the_other_later() -> None:
    ended = connected().let_go(ANA, NOW)
    assert ended.ask(ANA, NOW).seen_by(BEN) is View.RECEIVED
    with pytest.raises(ConnectionAskLater) as refused:
        ended.ask(BEN, NOW + AFTER_ENDING - SECOND)
    assert refused.value.metadata == {"ask_time": (NOW + AFTER_ENDING).isoformat()}
    assert ended.ask(BEN, NOW + AFTER_ENDING).seen_by(ANA) is View.RECEIVED


def test_who_took_it_back_waits_a_day_and_the_other_does_not() -> None:
    back = asked().let_go(ANA, NOW)
    assert (back.seen_by(ANA), back.seen_by(BEN)) == (None, None)
    with pytest.raises(ConnectionAskLater):
        back.ask(ANA, NOW + AFTER_WITHDRAWING - SECOND)
    assert back.ask(ANA, NOW + AFTER_WITHDRAWING).seen_by(BEN) is View.RECEIVED
    assert back.ask(BEN, NOW).seen_by(ANA) is View.RECEIVED


def test_who_declined_is_left_alone_for_a_time_and_may_change_her_mind() -> None:
    declined = asked().let_go(BEN, NOW)
    assert declined.seen_by(BEN) is None
    assert declined.ask(ANA, NOW + QUIET - SECOND) is declined
    assert declined.ask(ANA, NOW + QUIET).seen_by(BEN) is View.RECEIVED
    assert declined.ask(BEN, NOW + SECOND).state is State.CONNECTED
    again = declined.let_go(ANA, NOW + DAY).ask(ANA, NOW + 2 * DAY)
    assert (again.seen_by(ANA), again.seen_by(BEN)) == (View.REQUESTED, None)
    assert again.ask(ANA, NOW + QUIET).seen_by(BEN) is View.RECEIVED


def test_nothing_happens_to_what_is_being_erased() -> None:
    closed = replace(asked(), state=State.CLOSED)
    assert closed.ask(BEN, NOW) is closed.let_go(BEN, NOW) is closed
    assert closed.accept(BEN, NOW) is None
    assert closed.seen_by(BEN) is None
    assert closed.told_to(ANA) is closed.told_to(BEN) is None


def test_who_agreed_after_declining_is_asked_again_when_it_has_ended() -> None:
    agreed = asked().let_go(BEN, NOW).ask(BEN, NOW + DAY)
    assert agreed.state is State.CONNECTED
    again = agreed.let_go(ANA, NOW + 2 * DAY).ask(ANA, NOW + 3 * DAY)
    assert (again.seen_by(ANA), again.seen_by(BEN)) == (View.REQUESTED, View.RECEIVED)


def test_a_request_is_made_anew_after_the_quiet_time_whatever_became_of_it() -> None:
    late = NOW + QUIET
    for kept in (asked(), asked().let_go(BEN, NOW), asked().let_go(BEN, NOW + DAY)):
        assert kept.ask(ANA, late - SECOND).told_to(ANA) == Told(View.REQUESTED, True, NOW, NOW)
        assert kept.ask(ANA, late).told_to(ANA) == Told(View.REQUESTED, True, late, late)
    shown = asked().let_go(BEN, NOW + DAY).ask(ANA, late).ask(ANA, late + DAY)
    assert shown.told_to(ANA) == Told(View.REQUESTED, True, late, late)
    assert shown.told_to(BEN) == Told(View.RECEIVED, False, late + DAY, late + DAY)


def test_each_is_told_what_she_knows_when_it_was_taken_back_or_ended() -> None:
    back = asked().let_go(ANA, NOW + DAY)
    assert back.told_to(ANA) == Told(State.WITHDRAWN, True, NOW, NOW + DAY)
    assert back.told_to(BEN) == Told(State.WITHDRAWN, False, NOW, NOW + DAY)
    ended = connected().let_go(BEN, NOW + DAY)
    assert ended.told_to(ANA) == Told(State.ENDED, True, NOW, NOW + DAY)
    assert ended.told_to(BEN) == Told(State.ENDED, False, NOW, NOW + DAY)


@dataclass
class World:
    """What ana is told by what she does, with a ben who answers or one who declines."""

    kept: Connection
    now: datetime = NOW

    def ana(self, does: str) -> object:
        """What she sees afterwards."""
        try:
            if does == "ask":
                self.kept = self.kept.ask(ANA, self.now)
            elif does == "let_go":
                self.kept = self.kept.let_go(ANA, self.now)
            else:
                self.now += timedelta(hours=int(does))
        except ConnectionAskLater as refused:
            return refused.metadata
        return self.kept.told_to(ANA), self.kept.asked_at


@given(st.lists(st.sampled_from(["ask", "let_go", "1", "13", "48", "960", "2160"]), max_size=30))
def test_who_was_declined_is_told_to_the_letter_what_who_was_not_answered_is(
    doings: list[str],
) -> None:
    """Also after the quiet time; and within it, ben knows nothing of what she does."""
    waits = World(asked(), NOW + SECOND)
    declined = World(asked().let_go(BEN, NOW + SECOND), NOW + SECOND)
    known_to_ben = declined.kept.told_to(BEN)
    assert known_to_ben == Told(State.DECLINED, False, NOW, NOW + SECOND)
    for does in doings:
        assert waits.ana(does) == declined.ana(does), does
        if declined.now < NOW + SECOND + QUIET:
            assert declined.kept.told_to(BEN) == known_to_ben


@given(
    st.lists(
        st.tuples(st.sampled_from([ANA, BEN]), st.sampled_from(["ask", "accept", "let_go"])),
        max_size=30,
    )
)
def test_they_are_connected_only_when_both_want_it(doings: list[tuple[object, str]]) -> None:
    """A wish holds until she lets go herself, or the other ended what there was."""
    kept, now, wish = asked(), NOW, {ANA: True, BEN: False}
    for who, does in doings:
        now += 40 * DAY
        one = ANA if who is ANA else BEN
        if does == "accept":
            kept = kept.accept(one, now) or kept
            wish[one] |= kept.state is State.CONNECTED
        elif does == "ask":
            kept = kept.ask(one, now)
            wish[one] = True
        else:
            if kept.state is State.CONNECTED:
                wish = {ANA: False, BEN: False}
            kept = kept.let_go(one, now)
            wish[one] = False
        assert kept.state is not State.CONNECTED or all(wish.values())
