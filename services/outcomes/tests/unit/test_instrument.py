"""Scoring: complete answers in range give their sum, and anything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import Kind
from hypothesis import given
from hypothesis import strategies as st
from outcomes.domain.errors import AnswersInvalid
from outcomes.domain.instrument import Instrument, Item

from services.outcomes.tests.builders import answers


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    ids = draw(st.lists(st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True), min_size=1, max_size=6,
                        unique=True))  # fmt: skip
    items = tuple(
        Item(id, "?", draw(st.integers(-2, 3)), ("x",) * draw(st.integers(1, 7))) for id in ids
    )
    return Instrument("any", "any-en-1", "Any", items, "any-sum-1", "", "")


@st.composite
def answered(draw: st.DrawFn) -> tuple[Instrument, dict[str, int]]:
    instrument = draw(instruments())
    values = [draw(st.integers(item.least, item.most)) for item in instrument.items]
    return instrument, answers(instrument, *values)


def refusal(instrument: Instrument, given: dict[Any, Any]) -> dict[str, str]:
    with pytest.raises(AnswersInvalid) as refused:
        instrument.score(given)
    assert (refused.value.kind, refused.value.reason) == (Kind.INVALID, "ANSWERS_INVALID")
    return refused.value.metadata


@given(answered())
def test_the_score_is_the_sum_whatever_the_order(case: tuple[Instrument, dict[str, int]]) -> None:
    instrument, given = case
    total = sum(given.values())
    assert instrument.score(given) == total
    assert instrument.score(dict(reversed(given.items()))) == total
    least = sum(item.least for item in instrument.items)
    assert least <= total <= sum(item.most for item in instrument.items)


@given(answered(), st.data())
def test_a_missing_answer_is_named(
    case: tuple[Instrument, dict[str, int]], data: st.DataObject
) -> None:
    instrument, given = case
    missing = data.draw(st.sampled_from(sorted(given)))
    del given[missing]
    assert refusal(instrument, given) == {"item": missing}


@given(answered(), st.data(), st.one_of(st.integers(), st.floats(), st.booleans(), st.none()))
def test_an_answer_that_is_none_of_the_item_is_named(
    case: tuple[Instrument, dict[str, int]], data: st.DataObject, wrong: object
) -> None:
    instrument, given = case
    item = data.draw(st.sampled_from(instrument.items))
    changed = {**given, item.id: wrong}
    if type(wrong) is int and item.least <= wrong <= item.most:
        instrument.score({**given, item.id: wrong})
    else:
        assert refusal(instrument, changed) == {"item": item.id}


@given(answered(), st.text(max_size=60))
def test_an_answer_to_nothing_is_refused_and_named_if_it_has_an_id(
    case: tuple[Instrument, dict[str, int]], other: str
) -> None:
    instrument, given = case
    if other in given:
        return
    named = refusal(instrument, {**given, other: 1})
    assert named in ({}, {"item": other})
    if named:
        assert other.isascii()
        assert len(other) <= 40


def test_words_put_where_an_id_belongs_are_not_repeated() -> None:
    instrument = Instrument("x", "x-en-1", "X", (Item("a", "?", 0, ("no",)),), "x-1", "", "")
    assert refusal(instrument, {"a": 0, "I feel awful": 1}) == {}
    assert refusal(instrument, {"a": 0, "b": 1}) == {"item": "b"}
