"""The door of signals: what it answers, to whom, and how it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from common.clock import from_epoch_millis
from common.errors import DomainError, Kind
from common.grpc_client import call
from common.testing.clock import FakeClock
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.audit.events.v1 import audit_events_pb2 as audit
from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2 as api

from services.signals.tests.builders import DAY, NETWORK, START, a_log, changes, stamp
from services.signals.tests.doors import Stub, course_of, opened, signal_of
from services.signals.tests.fakes import FakeProducer, FakeReadModel
from services.signals.tests.tokens import Issuer

OTHER = UUID("01900000-0000-7000-8000-000000000002")
ADA, BEA, CLEO = (UUID(int=number) for number in range(1, 4))
NOW = START + 40 * DAY
STAFF = ("care_team", "network_admin")
NOT_STAFF = ("member", "mentor", "moderator", "operator")
ISSUER = Issuer()


@pytest.fixture
def model() -> FakeReadModel:
    return FakeReadModel()


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock(from_epoch_millis(NOW))


@pytest.fixture
async def producer() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
async def stub(
    model: FakeReadModel, clock: FakeClock, producer: FakeProducer
) -> AsyncIterator[Stub]:
    for member, score in ((ADA, 9), (BEA, 3)):
        log = a_log(
            member, (activity.ACTIVITY_KIND_SURVEY_SCORE, 1, score),
            *((activity.ACTIVITY_KIND_ASK, day) for day in range(2, 40)),
        )  # fmt: skip
        await model.write(changes(log, 7))
    log = a_log(CLEO, (activity.ACTIVITY_KIND_ASK, 38), network_id=OTHER)
    await model.write(changes(log))
    async with opened(model.of, ISSUER, clock, producer) as stub:
        yield stub


def as_staff(network_id: UUID = NETWORK) -> str:
    return ISSUER.token(UUID(int=99), network_id, "care_team")


async def state_of(model: FakeReadModel, member_id: UUID, network_id: UUID = NETWORK) -> Any:
    row = await model.of(network_id).get(member_id)
    assert row is not None
    return row.state


async def refused(answer: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await answer
    return caught.value


async def test_a_member_reads_her_own_signal_of_now(stub: Stub, model: FakeReadModel) -> None:
    request = api.GetMemberSignalRequest()
    reply = await call(stub.GetMemberSignal, request, token=ISSUER.token(ADA, NETWORK))
    assert reply.signal == signal_of(ADA, await state_of(model, ADA), NOW)


async def test_no_place_in_a_log_that_networks_share_is_told(
    stub: Stub, model: FakeReadModel
) -> None:
    assert (await state_of(model, ADA)).offset > 0
    own = await call(
        stub.GetMemberSignal, api.GetMemberSignalRequest(), token=ISSUER.token(ADA, NETWORK)
    )
    listed = await call(stub.ListMemberSignals, api.ListMemberSignalsRequest(), token=as_staff())
    assert {signal.offset for signal in (own.signal, *listed.signals)} == {0}


async def test_a_signal_is_given_for_the_time_asked_for(stub: Stub, model: FakeReadModel) -> None:
    request = api.GetMemberSignalRequest(member_id=str(BEA), as_of_time=stamp(NOW + 3 * DAY))
    reply = await call(stub.GetMemberSignal, request, token=as_staff())
    assert reply.signal == signal_of(BEA, await state_of(model, BEA), NOW + 3 * DAY)


async def test_members_come_by_risk_for_the_latest_activity(
    stub: Stub, model: FakeReadModel
) -> None:
    reply = await call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(page_size=1), token=as_staff()
    )
    latest = START + 39 * DAY
    assert list(reply.signals) == [signal_of(ADA, await state_of(model, ADA), latest)]
    assert reply.as_of_time == stamp(latest)
    request = api.ListMemberSignalsRequest(page_token=reply.next_page_token)
    reply = await call(stub.ListMemberSignals, request, token=as_staff())
    assert list(reply.signals) == [signal_of(BEA, await state_of(model, BEA), latest)]
    assert reply.next_page_token == ""


async def test_long_silent_members_come_when_asked_for(stub: Stub) -> None:
    request = api.ListMemberSignalsRequest(as_of_time=stamp(NOW + 40 * DAY))
    assert not (await call(stub.ListMemberSignals, request, token=as_staff())).signals
    request.include_unknown = True
    assert len((await call(stub.ListMemberSignals, request, token=as_staff())).signals) == 2


async def test_a_course_comes_in_pages(stub: Stub, model: FakeReadModel) -> None:
    days = await model.of(NETWORK).course(ADA, -1, 100)
    assert len(days) > 30
    points: list[pb.CoursePoint] = []
    request = api.ListCoursePointsRequest(page_size=10)
    while True:
        reply = await call(stub.ListCoursePoints, request, token=ISSUER.token(ADA, NETWORK))
        points += reply.points
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert points == course_of(days)


async def test_progress_is_of_the_callers_network(stub: Stub) -> None:
    reply = await call(stub.GetProgress, api.GetProgressRequest(), token=as_staff())
    assert (reply.member_count, reply.activity_count) == (2, 78)
    assert reply.last_activity_time == stamp(START + 39 * DAY)


async def test_another_network_sees_nothing_of_it(stub: Stub) -> None:
    stranger = as_staff(OTHER)
    for ask in (GUARDED["the signal of another"], GUARDED["the course of another"]):
        assert (await refused(ask(stub, stranger))).reason == "SIGNAL_NOT_FOUND"
    listed = await call(stub.ListMemberSignals, api.ListMemberSignalsRequest(), token=stranger)
    assert [signal.member_id for signal in listed.signals] == [str(CLEO)]
    progress = await call(stub.GetProgress, api.GetProgressRequest(), token=stranger)
    assert (progress.member_count, progress.activity_count) == (1, 1)


# Each call that is only for staff, or of somebody else.
GUARDED: dict[str, Callable[[Stub, str], Any]] = {
    "the signal of another": lambda stub, token: call(
        stub.GetMemberSignal, api.GetMemberSignalRequest(member_id=str(BEA)), token=token
    ),
    "the course of another": lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(member_id=str(BEA)), token=token
    ),
    "the list": lambda stub, token: call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(), token=token
    ),
    "the progress": lambda stub, token: call(
        stub.GetProgress, api.GetProgressRequest(), token=token
    ),
}


@pytest.mark.parametrize("what", GUARDED)
async def test_staff_may_and_others_may_not_read(what: str, stub: Stub) -> None:
    for role in STAFF:
        await GUARDED[what](stub, ISSUER.token(ADA, NETWORK, role))
    for role in NOT_STAFF:
        error = await refused(GUARDED[what](stub, ISSUER.token(ADA, NETWORK, role)))
        assert (error.kind, error.reason) == (Kind.FORBIDDEN, "FORBIDDEN")


@pytest.mark.parametrize("what", GUARDED)
async def test_without_a_good_token_there_is_no_answer(
    what: str, stub: Stub, clock: FakeClock
) -> None:
    expiring = ISSUER.token(ADA, NETWORK, "care_team", expires_at=NOW // 1000 + 60)
    await GUARDED[what](stub, expiring)
    clock.advance(timedelta(minutes=2))
    for token in ("", "rubbish", Issuer().token(ADA, NETWORK, "care_team"), expiring):
        error = await refused(GUARDED[what](stub, token))
        assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_a_member_without_a_signal_is_told_so(stub: Stub) -> None:
    for answer in (
        call(stub.GetMemberSignal, api.GetMemberSignalRequest(), token=ISSUER.token(CLEO, NETWORK)),
        call(
            stub.ListCoursePoints, api.ListCoursePointsRequest(), token=ISSUER.token(CLEO, NETWORK)
        ),
    ):
        error = await refused(answer)
        assert (error.kind, error.reason) == (Kind.NOT_FOUND, "SIGNAL_NOT_FOUND")


LATE, EARLY = Timestamp(seconds=253_402_300_800), Timestamp(seconds=-1)
INVALID: dict[str, tuple[str, Callable[[Stub, str], Any]]] = {
    "a member that is no id": ("member_id", lambda stub, token: call(
        stub.GetMemberSignal, api.GetMemberSignalRequest(member_id="ada"), token=token)),
    "a course of no id": ("member_id", lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(member_id="ada"), token=token)),
    "a time too late": ("as_of_time", lambda stub, token: call(
        stub.GetMemberSignal, api.GetMemberSignalRequest(as_of_time=LATE), token=token)),
    "a time before 1970": ("as_of_time", lambda stub, token: call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(as_of_time=EARLY), token=token)),
    "a page too large": ("page_size", lambda stub, token: call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(page_size=201), token=token)),
    "a negative page": ("page_size", lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(page_size=-1), token=token)),
    "a token that is no rank": ("page_token", lambda stub, token: call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(page_token="zz"), token=token)),
    "a rank that is too short": ("page_token", lambda stub, token: call(
        stub.ListMemberSignals, api.ListMemberSignalsRequest(page_token="00ff"), token=token)),
    "a token that is no day": ("page_token", lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(page_token="today"), token=token)),
    "a digit that is no number": ("page_token", lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(page_token="²"), token=token)),
    "a day too far": ("page_token", lambda stub, token: call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(page_token="9" * 30), token=token)),
}  # fmt: skip


@pytest.mark.parametrize("what", INVALID)
async def test_what_cannot_be_right_is_refused_by_name(what: str, stub: Stub) -> None:
    field, ask = INVALID[what]
    error = await refused(ask(stub, as_staff()))
    assert (error.kind, error.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
    assert error.metadata == {"field": field}


async def test_who_is_shown_others_signals_is_told_to_the_audit_first(
    stub: Stub, producer: FakeProducer
) -> None:
    own = api.GetMemberSignalRequest()
    await call(stub.GetMemberSignal, own, token=ISSUER.token(ADA, NETWORK))
    assert producer.sent == []
    await call(
        stub.GetMemberSignal, api.GetMemberSignalRequest(member_id=str(ADA)), token=as_staff()
    )
    await call(
        stub.ListCoursePoints, api.ListCoursePointsRequest(member_id=str(ADA)), token=as_staff()
    )
    await call(stub.ListMemberSignals, api.ListMemberSignalsRequest(), token=as_staff())
    told = [audit.AccessRecorded.FromString(record.value) for record in producer.sent]
    assert {record.topic for record in producer.sent} == {"signals.access.v1"}
    assert {record.key for record in producer.sent} == {str(NETWORK)}
    assert [event.action.rpartition("/")[2] for event in told] == [
        "GetMemberSignal", "ListCoursePoints", "ListMemberSignals",
    ]  # fmt: skip
    assert [list(event.subject_ids) for event in told] == [
        [str(ADA)], [str(ADA)], [str(ADA), str(BEA)],
    ]  # fmt: skip
    assert {(event.actor_id, event.network_id) for event in told} == {
        (str(UUID(int=99)), str(NETWORK))
    }
    assert {event.occur_time.seconds for event in told} == {NOW // 1000}


async def test_a_signal_is_not_shown_while_nobody_can_be_told(
    stub: Stub, producer: FakeProducer
) -> None:
    producer.fails = lambda sent: True
    request = api.GetMemberSignalRequest(member_id=str(ADA))
    error = await refused(call(stub.GetMemberSignal, request, token=as_staff()))
    assert error.kind is Kind.UNAVAILABLE
    await call(stub.GetMemberSignal, api.GetMemberSignalRequest(), token=ISSUER.token(ADA, NETWORK))
