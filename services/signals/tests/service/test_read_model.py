"""The read model's contract, held by the fake and by the database alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.mongo import Database
from kith.activity.events.v1 import activity_events_pb2 as pb
from signals.adapters.mongo import INDEXES, MongoWriter, signals_of
from signals.application.ports import Cleared, Progress, Signals, Update, Writer

from services.signals.tests.builders import (
    CONSENT,
    DAY,
    NETWORK,
    START,
    WITHDRAWAL,
    Record,
    a_log,
    a_record,
    an_event,
    changes,
)
from services.signals.tests.fakes import FakeReadModel

ASK, SURVEY = pb.ACTIVITY_KIND_ASK, pb.ACTIVITY_KIND_SURVEY_SCORE
OTHER = UUID("01900000-0000-7000-8000-000000000002")
ADA, BEA, CLEO = (UUID(int=number) for number in range(1, 4))
DAYS = [START // DAY + day for day in range(1, 13)]


def asking(member_id: UUID, *, network_id: UUID = NETWORK) -> list[Record]:
    """She agrees and asks on twelve days; nine of them are closed."""
    return a_log(member_id, *((ASK, day) for day in range(1, 13)), network_id=network_id)


def withdrawing(member_id: UUID) -> list[Record]:
    """She withdraws after that, agrees again, and asks on twelve more days."""
    log = asking(member_id)
    again = [
        an_event(member_id, WITHDRAWAL, START + 13 * DAY),
        an_event(member_id, CONSENT, START + 14 * DAY),
        *(an_event(member_id, ASK, START + day * DAY) for day in range(15, 27)),
    ]
    return [*log, *(a_record(event, offset) for offset, event in enumerate(again, len(log)))]


class Model(Protocol):
    """What is tested."""

    writer: Writer
    of: Callable[[UUID], Signals]


class ReadModelContract:
    """What every read model does."""

    async def test_a_row_is_the_latest_state_of_a_member(self, model: Model) -> None:
        told = changes(asking(ADA), 1)
        await model.writer.write(told)
        last = told[-1]
        assert isinstance(last, Update)
        assert await model.of(NETWORK).get(ADA) == last.row
        assert await model.of(NETWORK).get(BEA) is None

    async def test_it_makes_no_difference_how_changes_are_cut(self, model: Model) -> None:
        for change in changes(asking(ADA), 1):
            await model.writer.write([change])
        for change in changes(asking(BEA), 5):
            await model.writer.write([change])
        await model.writer.write(changes(asking(CLEO), 2))
        rows = [await model.of(NETWORK).get(member) for member in (ADA, BEA, CLEO)]
        assert [row.state for row in rows if row] == [rows[0].state if rows[0] else None] * 3
        for member in (ADA, BEA, CLEO):
            days = await model.of(NETWORK).course(member, -1, 100)
            assert [day.day for day in days] == DAYS[:9]

    async def test_what_comes_again_or_late_changes_nothing(self, model: Model) -> None:
        told = changes(asking(ADA), 2)
        await model.writer.write(told)
        before = await everything(model, ADA)
        await model.writer.write(told[2:4])
        await model.writer.write([told[0]])
        await model.writer.write(told)
        assert await everything(model, ADA) == before

    async def test_a_withdrawal_leaves_nothing_that_can_be_read(self, model: Model) -> None:
        log = withdrawing(ADA)[:14]
        assert isinstance(changes(log, 1)[-1], Cleared)
        await model.writer.write(changes(asking(BEA), 3))
        await model.writer.write(changes(log, 1)[:-1])
        await model.writer.write(changes(log, 1)[-1:])
        signals = model.of(NETWORK)
        assert await signals.get(ADA) is None
        assert await signals.course(ADA, -1, 100) == []
        assert [row.member_id for row in await signals.top(0, b"", 10)] == [BEA]
        assert (await signals.progress()).members == 1
        await model.writer.write(changes(log, 1)[:-1])  # delivered again, out of time
        assert await signals.get(ADA) is None

    @pytest.mark.parametrize("batch", [1, 7, 1_000])
    @pytest.mark.parametrize("at_once", [False, True])
    async def test_after_a_new_consent_only_what_came_after_it_is_there(
        self, model: Model, batch: int, at_once: bool
    ) -> None:
        told = changes(withdrawing(ADA), batch)
        await model.writer.write(changes(asking(ADA), 3))
        for group in [told] if at_once else [[change] for change in told]:
            await model.writer.write(group)
        days = await model.of(NETWORK).course(ADA, -1, 100)
        assert [day.day for day in days] == [START // DAY + day for day in range(15, 24)]
        row = await model.of(NETWORK).get(ADA)
        assert row is not None
        assert row.state.taken == 12
        before = await everything(model, ADA)
        for group in [told] if at_once else [[change] for change in told]:
            await model.writer.write(group)
        assert await everything(model, ADA) == before

    async def test_members_come_by_rank_page_after_page(self, model: Model) -> None:
        members = [UUID(int=number) for number in range(1, 30)]
        for member in members:
            await model.writer.write(changes(a_log(member, (SURVEY, 1, 3 + member.int % 7))))
        signals = model.of(NETWORK)
        whole = await signals.top(0, b"", 100)
        assert {row.member_id for row in whole} == set(members)
        assert [row.probability for row in whole] == sorted(
            (row.probability for row in whole), reverse=True
        )
        pages: list[UUID] = []
        after = b""
        while rows := await signals.top(0, after, 4):
            pages += [row.member_id for row in rows]
            after = rows[-1].rank
        assert pages == [row.member_id for row in whole]

    async def test_only_those_active_since_a_time_come(self, model: Model) -> None:
        await model.writer.write(changes(a_log(ADA, (ASK, 1))))
        await model.writer.write(changes(a_log(BEA, (ASK, 5))))
        signals = model.of(NETWORK)
        found = await signals.top(START + 5 * DAY, b"", 10)
        assert [row.member_id for row in found] == [BEA]

    async def test_a_course_is_ascending_and_goes_on_after_a_day(self, model: Model) -> None:
        told = changes(asking(ADA), 4)
        await model.writer.write(told)
        expected = [day for change in told if isinstance(change, Update) for day in change.closed]
        signals = model.of(NETWORK)
        assert list(await signals.course(ADA, -1, 100)) == expected  # to the last bit
        assert list(await signals.course(ADA, expected[3].day, 2)) == expected[4:6]

    async def test_progress_counts_members_and_what_was_taken(self, model: Model) -> None:
        signals = model.of(NETWORK)
        assert await signals.progress() == Progress(0, 0, 0)
        assert await signals.last_activity() == 0
        await model.writer.write(changes(asking(ADA)))
        await model.writer.write(changes(a_log(BEA, (ASK, 20))))
        await model.writer.write(changes([a_record(an_event(CLEO, CONSENT))]))
        assert await signals.progress() == Progress(3, 13, START + 20 * DAY)
        assert await signals.last_activity() == START + 20 * DAY

    async def test_another_network_sees_nothing_of_it(self, model: Model) -> None:
        await model.writer.write(changes(asking(ADA)))
        await model.writer.write(changes(a_log(BEA, (ASK, 1), network_id=OTHER)))
        signals = model.of(OTHER)
        assert await signals.get(ADA) is None
        assert await signals.course(ADA, -1, 100) == []
        assert [row.member_id for row in await signals.top(0, b"", 10)] == [BEA]
        assert await signals.progress() == Progress(1, 1, START + DAY)
        assert await signals.last_activity() == START + DAY

    async def test_nothing_to_write_is_nothing(self, model: Model) -> None:
        await model.writer.write([])


async def everything(model: Model, member_id: UUID) -> tuple[object, ...]:
    signals = model.of(NETWORK)
    return await signals.get(member_id), list(await signals.course(member_id, -1, 1_000))


class TestFakeReadModel(ReadModelContract):
    @pytest.fixture
    def model(self) -> Model:
        return InMemory()


class InMemory:
    def __init__(self) -> None:
        model = FakeReadModel()
        self.writer: Writer = model
        self.of: Callable[[UUID], Signals] = model.of


class TestMongoReadModel(ReadModelContract):
    @pytest.fixture
    async def model(self, database: Database) -> Model:
        await database.create_collections(INDEXES)
        return InMongo(database)

    async def test_hot_queries_use_an_index(self, model: Model, database: Database) -> None:
        await model.writer.write(changes(asking(ADA)))
        members = database.collection("members", NETWORK)
        days = database.collection("days", NETWORK)
        # With `last_activity` as well the local database scans; it knows one range per index.
        plans = [
            await members.plan({"rank": {"$gt": b""}}, [("rank", 1)]),
            await members.plan({"last_activity": {"$gt": 0}}, [("last_activity", -1)]),
            await days.plan({"member_id": ADA, "day": {"$gt": -1}}, [("day", 1)]),
        ]
        for plan in plans:
            assert "IXSCAN" in str(plan)
            assert "COLLSCAN" not in str(plan)

    async def test_what_a_withdrawal_leaves_is_its_offset(
        self, model: Model, database: Database
    ) -> None:
        await model.writer.write(changes(withdrawing(ADA)[:14], 1))
        members = await database.unscoped("members").find().to_list(None)
        assert members == [{"_id": ADA, "network_id": NETWORK, "offset": 13}]
        assert await database.unscoped("days").find().to_list(None) == []


class InMongo:
    def __init__(self, database: Database) -> None:
        self.writer: Writer = MongoWriter(database, SystemClock())
        self.of: Callable[[UUID], Signals] = lambda network_id: signals_of(database, network_id)
