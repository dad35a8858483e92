"""One contract for what ties members, held by the fake and by the database alike; and what comes of
community's events, in any order, late, twice, and of who is gone."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from common.kafka_consumer import Meta
from common.mongo import Database, Document
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from identity.adapters.heard_closeness import HeardCloseness
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_ties import PAIRS, PLACES
from identity.application.ports import Directory
from identity.application.ports_ties import Pair, Place, Tie, Ties
from identity.application.take_tie import TieBook
from identity.domain.account import Account
from identity.entrypoints.ties import handlers
from kith.community.events.v1 import tie_events_pb2 as events

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.fakes import FakeDirectory

ANA, BEN, CAT, CIRCLE, OTHER = (new_id() for _ in range(5))


def holds(version: int = 1) -> Tie:
    return Tie(True, NOW, version)


def ended(version: int = 2) -> Tie:
    return Tie(False, NOW, version)


class Contract:
    """What every implementation of ports_ties.Ties does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    @pytest.fixture
    def ties(self, kept: Directory) -> Ties:
        return kept.ties(NETWORK)

    async def test_what_is_not_known_is_no_tie(self, ties: Ties) -> None:
        assert await ties.between(ANA, BEN) == frozenset()
        await ties.take_place(Place(CIRCLE, ANA), holds())
        await ties.take_place(Place(OTHER, BEN), holds())
        await ties.take_pair(Pair(ANA, CAT), holds())
        assert await ties.between(ANA, BEN) == frozenset()

    async def test_who_shares_a_circle_or_is_connected_is_tied_both_ways(self, ties: Ties) -> None:
        for member in (ANA, BEN):
            for circle in (CIRCLE, new_id()):
                await ties.take_place(Place(circle, member), holds())
        await ties.take_pair(Pair(CAT, ANA), holds())
        assert await ties.between(ANA, BEN) == await ties.between(BEN, ANA) == {"circle"}
        assert await ties.between(ANA, CAT) == await ties.between(CAT, ANA) == {"connected"}
        await ties.take_pair(Pair(BEN, ANA), holds())
        assert await ties.between(ANA, BEN) == {"connected", "circle"}
        await ties.take_place(Place(CIRCLE, BEN), ended())
        await ties.take_pair(Pair(ANA, BEN), ended())
        assert await ties.between(ANA, BEN) == frozenset()

    @pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3, 4])))
    async def test_in_whatever_order_and_however_often_the_newest_is_true(
        self, ties: Ties, order: tuple[int, ...]
    ) -> None:
        await ties.take_place(Place(CIRCLE, BEN), holds())
        for last in (3, 4):
            other = new_id()
            for version in [one for one in order if one <= last] * 2:
                tie = Tie(version % 2 == 1, NOW + timedelta(version), version)
                await ties.take_place(Place(CIRCLE, other), tie)
                await ties.take_pair(Pair(other, BEN), tie)
            true = {"connected", "circle"} if last == 3 else set()
            assert await ties.between(other, BEN) == true

    async def test_forgetting_somebody_leaves_the_others(self, ties: Ties) -> None:
        for member in (ANA, BEN, CAT):
            await ties.take_place(Place(CIRCLE, member), holds())
        for pair in (Pair(ANA, BEN), Pair(BEN, CAT), Pair(CAT, ANA)):
            await ties.take_pair(pair, holds())
        for _ in range(2):
            await ties.forget(ANA)
        assert await ties.between(ANA, BEN) == await ties.between(CAT, ANA) == frozenset()
        assert await ties.between(BEN, CAT) == {"connected", "circle"}

    async def test_nothing_is_seen_from_another_network(self, kept: Directory, ties: Ties) -> None:
        for member in (ANA, BEN):
            await ties.take_place(Place(CIRCLE, member), holds())
        await ties.take_pair(Pair(ANA, BEN), holds())
        other = kept.ties(new_id())
        assert await other.between(ANA, BEN) == frozenset()
        await other.forget(ANA)
        assert await ties.between(ANA, BEN) == {"connected", "circle"}


class TestFake(Contract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory


async def test_each_look_up_walks_an_index(directory: MongoDirectory, database: Database) -> None:
    ties = directory.ties(NETWORK)
    for _ in range(20):
        await ties.take_place(Place(CIRCLE, new_id()), holds())
        await ties.take_pair(Pair(new_id(), BEN), holds())
    queries: list[tuple[str, Document]] = [
        (PLACES, {"member_id": ANA, "holds": True}), (PLACES, {"member_id": ANA}),
        (PAIRS, {"member_ids": ANA}),
    ]  # fmt: skip
    for name, query in queries:
        plan = str(await database.collection(name, NETWORK).plan(query, [("_id", 1)]))
        assert "IXSCAN" in plan, (name, query)
        assert "COLLSCAN" not in plan, (name, query)


STAMP = Timestamp(seconds=round(NOW.timestamp()))


def meta(version: int) -> Meta:
    return Meta("a.topic", 0, 0, "key", str(new_id()), "a.type", version, None)


class Heard:
    """What identity makes of events about ana and ben, who are here, and of others."""

    def __init__(self) -> None:
        self.directory = FakeDirectory()
        self.book = TieBook(self.directory)
        self._handlers = handlers(self.book)

    async def come(self, handle: str) -> Account:
        account, told = a_member(handle)
        await self.directory.accounts(NETWORK).add(account, told)
        return account

    async def hear(self, event: Message, version: int = 1) -> None:
        await self._handlers[type(event)](event, meta(version))

    @property
    def kept(self) -> int:
        return len(self.directory.ties(NETWORK).all)


def joined(member_id: UUID, circle_id: UUID = CIRCLE) -> events.CircleJoined:
    return events.CircleJoined(
        network_id=str(NETWORK), circle_id=str(circle_id), member_id=str(member_id),
        join_time=STAMP,
    )  # fmt: skip


def left(member_id: UUID) -> events.CircleLeft:
    return events.CircleLeft(
        network_id=str(NETWORK), circle_id=str(CIRCLE), member_id=str(member_id), leave_time=STAMP
    )


def agreed(one: UUID, other: UUID) -> events.ConnectionAgreed:
    return events.ConnectionAgreed(
        network_id=str(NETWORK), first_member_id=str(one), second_member_id=str(other),
        agree_time=STAMP,
    )  # fmt: skip


def parted(one: UUID, other: UUID) -> events.ConnectionEnded:
    return events.ConnectionEnded(
        network_id=str(NETWORK), first_member_id=str(one), second_member_id=str(other),
        end_time=STAMP,
    )  # fmt: skip


async def test_what_community_tells_ties_them_until_it_tells_otherwise() -> None:
    heard = Heard()
    ana, ben = (await heard.come("ana")).id, (await heard.come("ben")).id
    for event in (joined(ana), joined(ben), agreed(ana, ben)):
        await heard.hear(event)
    assert await heard.book.between(NETWORK, ben, ana) == {"connected", "circle"}
    await heard.hear(parted(ana, ben), 2)
    await heard.hear(agreed(ana, ben), 1)  # again, and late
    assert await heard.book.between(NETWORK, ben, ana) == {"circle"}
    await heard.hear(left(ben), 2)
    await heard.hear(joined(ben), 1)
    assert await heard.book.between(NETWORK, ben, ana) == frozenset()


async def test_while_community_is_not_heard_nobody_is_close() -> None:
    heard, away = Heard(), [RuntimeError("not in the consumer group yet")]

    async def check() -> None:
        for error in away:
            raise error

    closeness = HeardCloseness(heard.book, check)
    ana, ben = (await heard.come("ana")).id, (await heard.come("ben")).id
    await heard.hear(agreed(ana, ben))
    assert await closeness.between(NETWORK, ana, ben) == frozenset()
    away.clear()
    assert await closeness.between(NETWORK, ana, ben) == {"connected"}


async def test_of_who_was_erased_or_never_here_nothing_is_kept() -> None:
    heard = Heard()
    ana, gone = await heard.come("ana"), new_id()
    for event in (joined(gone), agreed(ana.id, gone), agreed(gone, ana.id)):
        await heard.hear(event)
        assert heard.kept == 0


async def test_of_who_is_leaving_nothing_is_kept_and_the_other_keeps_hers() -> None:
    heard = Heard()
    ana, ben = await heard.come("ana"), await heard.come("ben")
    for event in (joined(ana.id), joined(ben.id), agreed(ana.id, ben.id)):
        await heard.hear(event)
    await heard.directory.accounts(NETWORK).save(*ana.close(NOW))
    await heard.hear(joined(ana.id, OTHER))
    assert heard.kept == 1
    await heard.hear(agreed(ana.id, ben.id), 3)
    assert heard.kept == 1


async def test_who_begins_late_ends_where_who_was_there_did() -> None:
    ends = []
    for compacted in (False, True):
        heard = Heard()
        for handle, id in (("ana", ANA), ("ben", BEN)):
            account, told = a_member(handle)
            await heard.directory.accounts(NETWORK).add(replace(account, id=id), told)
        log: list[tuple[Message, int]] = [
            (joined(ANA), 1), (left(ANA), 2), (agreed(ANA, BEN), 2), (parted(ANA, BEN), 3),
            (joined(BEN), 1), (joined(ANA), 3), (agreed(ANA, BEN), 6),
        ]  # fmt: skip
        for event, version in log[-3:] if compacted else log:
            await heard.hear(event, version)
        ends.append(heard.directory.ties(NETWORK).all)
        assert await heard.book.between(NETWORK, ANA, BEN) == {"connected", "circle"}
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    "event, version",
    [
        (joined(ANA), 0),
        (events.CircleJoined(network_id="x", circle_id=str(CIRCLE), member_id=str(ANA)), 1),
        (events.CircleLeft(network_id=str(NETWORK), circle_id="", member_id=str(ANA)), 1),
        (agreed(ANA, ANA), 1),
        (events.ConnectionEnded(network_id=str(NETWORK), first_member_id=str(ANA)), 1),
    ],
    ids=["no version", "no network", "no circle", "herself", "nobody"],
)
async def test_an_event_that_cannot_be_is_set_aside(event: Message, version: int) -> None:
    heard = Heard()
    with pytest.raises(Invalid):
        await heard.hear(event, version)
    assert heard.kept == 0
