"""A member's answers are recorded once per request, with everything needed to score them again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Invalid
from common.testing.clock import FakeClock
from outcomes.application.create_response import create_response
from outcomes.application.queries import own_responses
from outcomes.domain.errors import AnswersInvalid, InstrumentNotFound, RequestIdReused
from outcomes.domain.instruments import UCLA_3, instrument_of
from outcomes.domain.response import Response

from services.outcomes.tests.builders import LONELY, NOW, WELL, a_caller
from services.outcomes.tests.fakes import FakeResponses


@pytest.fixture
def responses() -> FakeResponses:
    return FakeResponses()


async def test_a_response_holds_what_is_needed_to_score_it_again(responses: FakeResponses) -> None:
    ada = a_caller()
    response = await create_response(
        responses, FakeClock(NOW), ada, instrument_id="ucla-3", answers=LONELY, request_id="r-1"
    )
    assert (response.member_id, response.created_at) == (ada.subject, NOW)
    assert (response.answers, response.score) == (LONELY, 8)
    assert response.instrument_version == UCLA_3.version
    assert response.scoring_version == UCLA_3.scoring_version
    assert instrument_of(response.instrument_id).score(response.answers) == response.score


async def test_the_same_request_makes_one_response(responses: FakeResponses) -> None:
    ada, clock, made = a_caller(), FakeClock(NOW), list[Response]()
    for _ in range(2):
        made.append(
            await create_response(
                responses, clock, ada, instrument_id="check-in", answers=WELL, request_id="r-1"
            )
        )
        clock.advance(timedelta(hours=1))
    assert made[0] == made[1]
    assert len(responses.made) == 1


async def test_other_answers_under_the_same_request_are_refused(responses: FakeResponses) -> None:
    ada, clock = a_caller(), FakeClock(NOW)
    await create_response(
        responses, clock, ada, instrument_id="check-in", answers=WELL, request_id="r-1"
    )
    for instrument_id, answers in (("check-in", {"week": 3}), ("ucla-3", LONELY)):
        with pytest.raises(RequestIdReused):
            await create_response(
                responses, clock, ada, instrument_id=instrument_id, answers=answers,
                request_id="r-1",
            )  # fmt: skip
    await create_response(  # somebody else's request of the same id
        responses, clock, a_caller(), instrument_id="ucla-3", answers=LONELY, request_id="r-1"
    )


async def test_what_cannot_be_scored_is_not_stored(responses: FakeResponses) -> None:
    refused: tuple[tuple[str, dict[str, int], str, type[Exception]], ...] = (
        ("ucla-3", WELL, "r-1", AnswersInvalid),
        ("ucla-3", {**LONELY, "isolated": 4}, "r-1", AnswersInvalid),
        ("phq-9", LONELY, "r-1", InstrumentNotFound),
        ("ucla-3", LONELY, "", Invalid),
        ("ucla-3", LONELY, "x" * 65, Invalid),
    )
    for instrument_id, answers, request_id, error in refused:
        with pytest.raises(error):
            await create_response(
                responses, FakeClock(NOW), a_caller(), instrument_id=instrument_id,
                answers=answers, request_id=request_id,
            )  # fmt: skip
    assert not responses.made


async def test_everybody_reads_her_own_newest_first(responses: FakeResponses) -> None:
    ada, clock, made = a_caller(), FakeClock(NOW), list[Response]()
    for caller in (ada, a_caller(), ada, ada):
        response = await create_response(
            responses, clock, caller, instrument_id="check-in", answers=WELL,
            request_id=f"r-{len(made)}",
        )  # fmt: skip
        made.append(response)
    page, more = await own_responses(responses, ada, None, 2)
    assert (list(page), more) == ([made[3], made[2]], True)
    page, more = await own_responses(responses, ada, page[-1].id, 2)
    assert (list(page), more) == ([made[0]], False)
