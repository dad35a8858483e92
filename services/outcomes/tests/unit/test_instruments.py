"""The instruments as they are shown and scored, against the literature and real answers.

Data: Hodgetts, Williams, Butler, *Adverse effects of loneliness but no effect of gaming on mental
health in gamers during three UK COVID-19 lockdowns* (CC BY 4.0), see data/README.md.
"""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pytest
from common.errors import Kind
from outcomes.adapters.events import ACTIVITY_KINDS
from outcomes.domain.errors import AnswersInvalid, InstrumentNotFound
from outcomes.domain.instruments import CHECK_IN, INSTRUMENTS, UCLA_3, instrument_of

from services.outcomes.tests.builders import answers

DATA = Path(__file__).parent / "data" / "ucla3_before_during.csv"
WAVES = ("before", "during")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with DATA.open() as file:
        return list(csv.DictReader(file))


def given(row: dict[str, str], wave: str) -> dict[str, int]:
    """What a person answered, item by item; a missing answer is not there."""
    texts = {item.id: row[f"{wave}_{n}"] for n, item in enumerate(UCLA_3.items, start=1)}
    return {id: int(text) for id, text in texts.items() if text}


def test_every_complete_answer_gets_the_published_score(rows: list[dict[str, str]]) -> None:
    scored = 0
    for row in rows:
        for wave in WAVES:
            if len(given(row, wave)) == 3:
                assert UCLA_3.score(given(row, wave)) == int(row[f"published_total_{wave}"])
                scored += 1
    assert scored == 2 * 220 - 1


def test_missing_items_are_refused_though_the_authors_gave_them_a_sum(
    rows: list[dict[str, str]],
) -> None:
    (row,) = [row for row in rows if not row["during_1"]]
    assert row["published_total_during"] == "4"
    with pytest.raises(AnswersInvalid) as refused:
        UCLA_3.score(given(row, "during"))
    assert refused.value.metadata == {"item": "companionship"}


def test_ucla_3_has_three_items_of_three_answers_and_sums_to_3_to_9() -> None:
    assert [item.id for item in UCLA_3.items] == ["companionship", "left-out", "isolated"]
    scores = [UCLA_3.score(answers(UCLA_3, *values)) for values in product((1, 2, 3), repeat=3)]
    assert (len(scores), min(scores), max(scores)) == (27, 3, 9)
    for values in ((0, 1, 1), (1, 4, 1)):
        with pytest.raises(AnswersInvalid):
            UCLA_3.score(answers(UCLA_3, *values))
    assert "Hughes" in UCLA_3.source
    assert "attribution" in UCLA_3.terms


def test_the_check_in_is_one_item_from_0_to_4_and_does_not_claim_to_be_validated() -> None:
    assert [CHECK_IN.score({"week": value}) for value in range(5)] == [0, 1, 2, 3, 4]
    for value in (-1, 5):
        with pytest.raises(AnswersInvalid):
            CHECK_IN.score({"week": value})
    assert CHECK_IN.items[0].labels[-1] == "Very good"
    assert "Not a validated measure" in CHECK_IN.terms


def test_every_instrument_says_what_it_is_and_where_it_comes_from() -> None:
    assert set(INSTRUMENTS) == {"ucla-3", "check-in"}
    versions = [v for one in INSTRUMENTS.values() for v in (one.version, one.scoring_version)]
    assert len(versions) == len(set(versions))
    for id, instrument in INSTRUMENTS.items():
        assert instrument.id == id
        assert instrument_of(id) is instrument
        assert instrument.source
        assert instrument.terms
        items = instrument.items
        assert len({item.id for item in items}) == len(items)
        assert all(item.text and all(item.labels) for item in items)


def test_what_signals_hears_of_every_instrument_is_decided() -> None:
    assert set(ACTIVITY_KINDS) == set(INSTRUMENTS)


def test_an_instrument_nobody_knows_is_not_found() -> None:
    for id in ("", "UCLA-3", "phq-9"):
        with pytest.raises(InstrumentNotFound) as refused:
            instrument_of(id)
        assert refused.value.kind is Kind.NOT_FOUND
