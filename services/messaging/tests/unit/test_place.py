"""A message's place: no gap, and turns as a reader of the whole talk would tell them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.domain.conversation import Conversation
from messaging.domain.message import ANSWER_WITHIN, MAX_CLIENT_ID, MAX_TEXT, Draft, Placed, Tail

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    a_placed,
)

TALK = a_conversation()
MS = timedelta(milliseconds=1)
GAPS = st.one_of(
    st.timedeltas(-2 * HOUR, 60 * HOUR), st.sampled_from([ANSWER_WITHIN, ANSWER_WITHIN + MS])
)
SAID = st.lists(st.tuples(st.sampled_from([ADA, BEN]), GAPS), min_size=1, max_size=20)


def talk(said: list[tuple[UUID, timedelta]]) -> list[Placed]:
    """Place messages one after another, each some time after the one before."""
    found: list[Placed] = []
    at = NOW
    for sender, gap in said:
        at += gap
        tail = found[-1].message.tail if found else None
        found.append(a_placed(a_draft(sender, at=at), TALK, tail))
    return found


@given(SAID)
def test_sequences_have_no_gap(said: list[tuple[UUID, timedelta]]) -> None:
    assert [one.message.sequence for one in talk(said)] == list(range(1, len(said) + 1))


@given(SAID)
def test_turns_and_latencies_are_as_the_whole_talk_tells_them(
    said: list[tuple[UUID, timedelta]],
) -> None:
    turn_of: UUID | None = None
    turn_at = NOW
    for placed in talk(said):
        message = placed.message
        waited = message.created_at - turn_at
        answers = turn_of not in (None, message.sender_id)
        assert placed.opens_turn == (turn_of is None or answers or waited > ANSWER_WITHIN)
        assert placed.answered == (turn_of if answers and waited >= timedelta(0) else None)
        assert placed.reply_latency == (waited if placed.answered else None)
        if placed.opens_turn:
            turn_of, turn_at = message.sender_id, message.created_at
        assert message.turn_at == turn_at


def test_who_goes_on_talking_keeps_her_turn_for_48_hours() -> None:
    first, second, late = talk([(ADA, HOUR), (ADA, ANSWER_WITHIN), (ADA, MS)])
    assert (first.opens_turn, second.opens_turn, late.opens_turn) == (True, False, True)
    assert second.message.turn_at == first.message.created_at
    assert late.message.turn_at == late.message.created_at


def test_an_answer_is_measured_from_the_begin_of_the_turn() -> None:
    *_, answer = talk([(ADA, HOUR), (ADA, HOUR), (BEN, HOUR)])
    assert (answer.answered, answer.reply_latency) == (ADA, 2 * HOUR)


def test_an_answer_from_before_the_question_has_no_latency() -> None:
    _, answer = talk([(ADA, HOUR), (BEN, -MS)])
    assert (answer.opens_turn, answer.answered, answer.reply_latency) == (True, None, None)


def test_the_tail_is_all_the_next_message_depends_on() -> None:
    placed = a_placed(a_draft(BEN, at=NOW + HOUR), TALK, Tail(41, ADA, NOW))
    assert (placed.message.sequence, placed.reply_latency) == (42, HOUR)


@pytest.mark.parametrize(
    "text, client_id, field",
    [
        ("", "c", "text"), (" \n\t", "c", "text"), ("x" * (MAX_TEXT + 1), "c", "text"),
        ("a\x00b", "c", "text"), ("hi", "", "client_message_id"),
        ("hi", "c" * (MAX_CLIENT_ID + 1), "client_message_id"),
        ("hi", "c\x00", "client_message_id"), ("hi", "c\n", "client_message_id"),
    ],
)  # fmt: skip
def test_a_draft_beyond_its_limits_is_refused(text: str, client_id: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Draft(ADA, client_id, text, NOW)
    assert refused.value.metadata["field"] == field


@pytest.mark.parametrize("text", ["x", "ü" * MAX_TEXT, "🫂" * MAX_TEXT, " x "])
def test_a_draft_at_its_limits_is_taken_as_it_is(text: str) -> None:
    assert Draft(ADA, "c" * MAX_CLIENT_ID, text, NOW).text == text


def test_a_conversation_is_the_same_from_both_sides_and_another_in_another_network() -> None:
    one, other = new_id(), new_id()
    here = Conversation.between(NETWORK, one, other, NOW)
    assert Conversation.between(NETWORK, other, one, NOW) == here
    assert Conversation.between(OTHER_NETWORK, one, other, NOW).id != here.id
    assert Conversation.between(NETWORK, one, new_id(), NOW).id != here.id
    assert (here.peers_of(one), here.peers_of(other)) == ((other,), (one,))


def test_nobody_talks_to_herself() -> None:
    with pytest.raises(Invalid):
        Conversation.between(NETWORK, CAT, CAT, NOW)


@given(st.booleans(), st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2030, 1, 1)))
def test_a_message_says_what_its_draft_said(imported: bool, at: datetime) -> None:
    draft = a_draft(at=at.replace(tzinfo=NOW.tzinfo), imported=imported)
    message = a_placed(draft, TALK).message
    later = Draft(ADA, "again", draft.text, draft.created_at + HOUR, imported)
    assert message.says(draft)
    assert message.says(later) != imported  # a history has its times; a device asks again later
    assert not message.says(a_draft(ADA, "Something else", imported=imported, at=draft.created_at))
    assert not message.says(a_draft(BEN, imported=imported, at=draft.created_at))
