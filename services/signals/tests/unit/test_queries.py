"""Reading signals: the right member, at the right time, page after page."""

from __future__ import annotations

from uuid import UUID

import pytest
from kith.activity.events.v1 import activity_events_pb2 as pb
from signals.application.queries import SignalNotFound, course, member_signal, top_signals
from signals.domain.estimate import Status, engagement_at, estimate

from services.signals.tests.builders import (
    CONSENT,
    DAY,
    NETWORK,
    PARAMETERS,
    START,
    WITHDRAWAL,
    Record,
    a_log,
    a_record,
    an_event,
    changes,
)
from services.signals.tests.fakes import FakeReadModel, FakeSignals

ASK, SURVEY = pb.ACTIVITY_KIND_ASK, pb.ACTIVITY_KIND_SURVEY_SCORE
MEMBERS = [UUID(int=number) for number in range(1, 8)]
ADA = MEMBERS[0]


async def reading(*logs: list[Record]) -> FakeSignals:
    model = FakeReadModel()
    for log in logs:
        await model.write(changes(log, 1))
    return model.of(NETWORK)


async def test_a_signal_is_what_the_model_says_of_the_time_asked_for() -> None:
    signals = await reading(a_log(ADA, (ASK, 1), (SURVEY, 2, 8)))
    for day in (2.5, 20, 40):
        at = START + round(day * DAY)
        signal = await member_signal(signals, ADA, at, PARAMETERS)
        assert signal.member_id == ADA
        assert signal.estimate == estimate(signal.state, at, PARAMETERS)
        assert signal.engagement == engagement_at(signal.state, at)


async def test_of_somebody_unknown_and_of_somebody_who_withdrew_nothing_is_said() -> None:
    withdrawn = [*a_log(ADA, (ASK, 1)), a_record(an_event(ADA, WITHDRAWAL, START + 2 * DAY), 2)]
    signals = await reading(withdrawn)
    for member in (ADA, MEMBERS[1]):
        with pytest.raises(SignalNotFound):
            await member_signal(signals, member, START + 3 * DAY, PARAMETERS)
        with pytest.raises(SignalNotFound):
            await course(signals, member, -1, 10)


async def test_pages_follow_falling_risk_and_show_everybody_once() -> None:
    scores = zip(MEMBERS, range(3, 10), strict=True)
    signals = await reading(*(a_log(member, (SURVEY, 1, score)) for member, score in scores))
    seen: list[UUID] = []
    after = b""
    while True:
        page = await top_signals(
            signals, PARAMETERS, as_of=None, include_unknown=False, after=after, limit=3
        )
        assert page.as_of == START + DAY
        seen += [signal.member_id for signal in page.signals]
        after = page.next
        if not after:
            break
    assert seen == MEMBERS[::-1]  # the loneliest first


async def test_members_of_the_same_risk_all_have_their_place() -> None:
    signals = await reading(*(a_log(member, (SURVEY, 1, 6)) for member in MEMBERS))
    first = await top_signals(
        signals, PARAMETERS, as_of=None, include_unknown=False, after=b"", limit=4
    )
    rest = await top_signals(
        signals, PARAMETERS, as_of=None, include_unknown=False, after=first.next, limit=4
    )
    seen = [signal.member_id for signal in (*first.signals, *rest.signals)]
    assert seen == MEMBERS
    assert rest.next == b""


async def test_who_was_silent_for_four_weeks_is_shown_only_when_asked_for() -> None:
    signals = await reading(a_log(ADA, (SURVEY, 1, 9)), a_log(MEMBERS[1], (SURVEY, 30, 3)))
    page = await top_signals(
        signals, PARAMETERS, as_of=None, include_unknown=False, after=b"", limit=10
    )
    assert [signal.member_id for signal in page.signals] == [MEMBERS[1]]
    page = await top_signals(
        signals, PARAMETERS, as_of=None, include_unknown=True, after=b"", limit=10
    )
    assert [signal.member_id for signal in page.signals] == [ADA, MEMBERS[1]]
    assert page.signals[0].estimate.status is Status.UNKNOWN_RECONTACT


async def test_a_network_in_which_nothing_happened_has_an_empty_page() -> None:
    page = await top_signals(
        await reading(), PARAMETERS, as_of=None, include_unknown=False, after=b"", limit=10
    )
    assert (page.signals, page.as_of, page.next) == ([], 0, b"")


async def test_a_course_comes_page_by_page_from_the_oldest_day() -> None:
    signals = await reading(a_log(ADA, *((ASK, day) for day in range(1, 13))))
    days, more = await course(signals, ADA, -1, 4)
    assert len(days) == 4
    assert more == days[-1].day
    rest, end = await course(signals, ADA, more, 100)
    assert end is None
    numbers = [day.day for day in (*days, *rest)]
    assert numbers == [START // DAY + day for day in range(1, 10)]  # three more are still open


async def test_a_course_of_exactly_one_page_has_no_more() -> None:
    signals = await reading(a_log(ADA, *((ASK, day) for day in range(1, 8))))
    days, more = await course(signals, ADA, -1, 4)
    assert (len(days), more) == (4, None)


async def test_who_agreed_and_did_nothing_yet_has_a_prior_and_no_band() -> None:
    signals = await reading([a_record(an_event(ADA, CONSENT))])
    signal = await member_signal(signals, ADA, START + DAY, PARAMETERS)
    assert signal.estimate.status is Status.NEEDS_CHECK_IN
    assert signal.estimate.band is None
    assert signal.engagement.score == 0.0
