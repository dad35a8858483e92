"""What every implementation of the ports of members' own sides does, in memory and stored."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import ASCENDING, DESCENDING, Database, Document
from messaging.adapters.mongo import Networks
from messaging.application.ports_sides import Pair, Place, Sides, Tie
from messaging.domain.availability import Availability, Window
from messaging.domain.block import Block
from messaging.domain.contact import CONNECTED, DEFAULT, IN_CIRCLE, WhoMayWrite
from messaging.domain.seat import Seat, Standing

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
)
from services.messaging.tests.fakes_sides import fake_sides


def a_seat(member_id: UUID = BEN, talk: UUID | None = None) -> Seat:
    return Seat(talk or a_conversation().id, member_id, NOW, Standing.ASKED, version=1)


class SidesContract:
    """What every implementation does."""

    @pytest.fixture
    async def sides(self) -> Sides:
        raise NotImplementedError

    @pytest.mark.parametrize("what", ["mute", "mute for ever", "leave", "decline", "accept"])
    async def test_a_seat_comes_back_as_it_was_stored(self, sides: Sides, what: str) -> None:
        seat = a_seat()
        changed = {
            "mute": seat.mute_until(NOW + HOUR, NOW), "mute for ever": seat.mute_until(None, NOW),
            "leave": seat.leave(7, NOW), "decline": seat.decline(NOW),
            "accept": seat.stand(Standing.ACCEPTED, NOW),
        }[what]  # fmt: skip
        assert await sides.seats.add(seat)
        assert not await sides.seats.add(changed)
        assert list(await sides.seats.of(seat.conversation_id)) == [seat]
        await sides.seats.save(changed, [BEN])
        assert list(await sides.seats.of(seat.conversation_id)) == [changed]

    async def test_of_many_who_change_a_seat_one_does(self, sides: Sides) -> None:
        first = a_seat(ADA)
        outcomes = await asyncio.gather(
            *(sides.seats.save(first, [ADA]) for _ in range(8)), return_exceptions=True
        )
        assert outcomes.count(None) == 1
        later = [first.leave(number, NOW) for number in range(8)]
        outcomes = await asyncio.gather(
            *(sides.seats.save(one, [ADA]) for one in later), return_exceptions=True
        )
        assert outcomes.count(None) == 1
        assert all(isinstance(one, ConcurrentUpdate) for one in outcomes if one is not None)
        kept = later[outcomes.index(None)]
        assert list(await sides.seats.of(first.conversation_id)) == [kept]

    async def test_settled_is_what_all_agreed_to(self, sides: Sides) -> None:
        seat = a_seat()
        assert await sides.seats.settled(new_id())
        await sides.seats.add(seat)
        await sides.seats.add(a_seat(ADA).stand(Standing.ACCEPTED, NOW))
        assert not await sides.seats.settled(seat.conversation_id)
        await sides.seats.save(seat.stand(Standing.ACCEPTED, NOW), [ADA, BEN])
        for _ in range(2):
            assert await sides.seats.settled(seat.conversation_id)

    async def test_seats_of_several_are_found_at_once(self, sides: Sides) -> None:
        one, other, without = (a_conversation(ADA, peer) for peer in (BEN, CAT, new_id()))
        for talk in (one, other):
            await sides.seats.add(a_seat(ADA, talk.id))
        found = await sides.seats.of_all([one, other, without])
        assert {id: [seat.member_id for seat in seats] for id, seats in found.items()} == {
            one.id: [ADA], other.id: [ADA],
        }  # fmt: skip
        assert await sides.seats.of_all([]) == {}

    async def test_where_she_is_asked_comes_in_pages_latest_first(self, sides: Sides) -> None:
        made = [a_seat(BEN, new_id()) for _ in range(5)]
        for seat in made:
            await sides.seats.add(seat)
        await sides.seats.add(a_seat(ADA, new_id()))
        await sides.seats.save(made[2].decline(NOW), [BEN])
        seen: list[Seat] = []
        token = None
        while page := await sides.seats.asked(BEN, token, 2):
            assert len(page) <= 2
            seen += [seat for _, seat in page]
            token = page[-1][0]
        assert seen == [made[4], made[3], made[1], made[0]]

    async def test_a_rule_holds_from_when_it_is_said(self, sides: Sides) -> None:
        assert await sides.rules.get(ADA) is DEFAULT
        for rule in WhoMayWrite:
            await sides.rules.set(ADA, rule, NOW)
            assert await sides.rules.get(ADA) is rule
        assert await sides.rules.get(BEN) is DEFAULT

    async def test_ties_hold_between_both_and_as_the_newest_says(self, sides: Sides) -> None:
        circle, pair = new_id(), Pair(BEN, ADA)
        assert set(await sides.ties.between(ADA, BEN)) == set()
        await sides.ties.take_pair(pair, Tie(True, NOW, 3))
        await sides.ties.take_pair(Pair(ADA, BEN), Tie(False, NOW, 2))
        await sides.ties.take_place(Place(circle, ADA), Tie(True, NOW, 1))
        assert set(await sides.ties.between(ADA, BEN)) == {CONNECTED}
        await sides.ties.take_place(Place(circle, BEN), Tie(True, NOW, 1))
        await sides.ties.take_place(Place(circle, CAT), Tie(True, NOW, 1))
        assert set(await sides.ties.between(BEN, ADA)) == {CONNECTED, IN_CIRCLE}
        assert set(await sides.ties.between(BEN, CAT)) == {IN_CIRCLE}
        await sides.ties.take_pair(pair, Tie(False, NOW, 4))
        await sides.ties.take_pair(pair, Tie(True, NOW, 3))
        await sides.ties.take_place(Place(circle, ADA), Tie(False, NOW, 2))
        assert set(await sides.ties.between(ADA, BEN)) == set()

    async def test_a_block_comes_back_as_it_was_stored(self, sides: Sides) -> None:
        held = Block(ADA, BEN).begin(NOW)
        ended = held.end(NOW + HOUR)
        assert await sides.blocks.of(ADA, [BEN, CAT]) == {}
        for one in (held, ended, ended.begin(NOW + 2 * HOUR)):
            await sides.blocks.save(one)
            assert await sides.blocks.of(ADA, [BEN, CAT]) == {BEN: one}
        assert await sides.blocks.of(BEN, [ADA]) == await sides.blocks.of(ADA, []) == {}
        assert (await sides.blocks.count(ADA), await sides.blocks.count(BEN)) == (1, 0)
        await sides.blocks.forget(BEN, ADA)
        assert await sides.blocks.count(ADA) == 1
        await sides.blocks.forget(ADA, BEN)
        assert await sides.blocks.of(ADA, [BEN]) == {}

    async def test_of_many_who_change_a_block_one_does(self, sides: Sides) -> None:
        held = Block(ADA, BEN).begin(NOW)
        for one in (held, held.end(NOW + HOUR)):
            outcomes = await asyncio.gather(
                *(sides.blocks.save(one) for _ in range(8)), return_exceptions=True
            )
            assert outcomes.count(None) == 1
            assert sum(isinstance(other, ConcurrentUpdate) for other in outcomes) == 7

    async def test_blocks_that_hold_come_in_pages_latest_first(self, sides: Sides) -> None:
        held = [Block(ADA, new_id()).begin(NOW) for _ in range(5)]
        for one in (*held, Block(BEN, ADA).begin(NOW)):
            await sides.blocks.save(one)
        await sides.blocks.save(held[3].end(NOW + HOUR))
        seen: list[Block] = []
        token = None
        while page := await sides.blocks.page(ADA, token, 2):
            assert len(page) <= 2
            seen += [one for _, one in page]
            token = page[-1][0]
        assert seen == [held[4], held[2], held[1], held[0]]

    async def test_when_she_answers_is_what_she_said_last(self, sides: Sides) -> None:
        assert await sides.availabilities.of([ADA, BEN]) == {}
        said = Availability("Europe/Berlin", (Window(0, 0, 30), Window(6, 60, 1440)))
        for one in (said.absent_until(NOW + HOUR, NOW), said, Availability()):
            await sides.availabilities.set(ADA, one, NOW)
            assert await sides.availabilities.of([ADA, BEN]) == {ADA: one}
        assert await sides.availabilities.of([]) == {}


class TestFakeSides(SidesContract):
    @pytest.fixture
    async def sides(self) -> Sides:
        return fake_sides()


class TestMongoSides(SidesContract):
    @pytest.fixture
    async def sides(self, networks: Networks) -> Sides:
        return networks.sides(NETWORK)

    async def test_another_network_has_nothing_of_it(
        self, sides: Sides, networks: Networks
    ) -> None:
        seat = a_seat()
        await sides.seats.add(seat)
        await sides.rules.set(BEN, WhoMayWrite.NOBODY, NOW)
        await sides.blocks.save(Block(BEN, ADA).begin(NOW))
        await sides.ties.take_pair(Pair(ADA, BEN), Tie(True, NOW, 1))
        other = networks.sides(OTHER_NETWORK)
        assert await other.seats.of(seat.conversation_id) == []
        assert await other.seats.asked(BEN, None, 5) == []
        assert await other.rules.get(BEN) is DEFAULT
        assert await other.blocks.of(BEN, [ADA]) == {}
        assert await other.blocks.page(BEN, None, 5) == []
        assert set(await other.ties.between(ADA, BEN)) == set()

    async def test_another_process_hears_of_an_answer_and_forgets_none(
        self, sides: Sides, networks: Networks
    ) -> None:
        seat = a_seat()
        await sides.seats.add(seat)
        assert not await sides.seats.settled(seat.conversation_id)
        await networks.sides(NETWORK).seats.save(seat.stand(Standing.ACCEPTED, NOW), [ADA, BEN])
        assert await sides.seats.settled(seat.conversation_id)


async def test_what_is_settled_is_not_asked_for_again(
    networks: Networks, database: Database
) -> None:
    """So that sending stays one insert: once agreed is always agreed."""
    seats = networks.sides(NETWORK).seats
    seat = a_seat().stand(Standing.ACCEPTED, NOW)
    await seats.save(a_seat(), [])
    await seats.save(seat, [])
    assert await seats.settled(seat.conversation_id)
    await database.unscoped("seats").update_many({}, {"$set": {"standing": "asked"}})
    assert await networks.sides(NETWORK).seats.settled(seat.conversation_id)
    networks.forget(NETWORK)
    assert not await networks.sides(NETWORK).seats.settled(seat.conversation_id)


async def unknown(database: Database) -> list[bool]:
    """Of all ties, whether they go by themselves."""
    found = [
        document
        for name in ("circle_places", "connected_pairs")
        for document in await database.unscoped(name).find().to_list(None)
    ]
    return ["unknown_since" in document for document in found]


async def test_a_tie_of_somebody_unknown_goes_by_itself_unless_she_is_heard_of(
    networks: Networks, database: Database
) -> None:
    ties = networks.sides(NETWORK).ties
    await networks.members(NETWORK).add(ADA)
    await ties.take_pair(Pair(ADA, BEN), Tie(True, NOW, 1))
    await ties.take_place(Place(new_id(), BEN), Tie(True, NOW, 1))
    assert await unknown(database) == [True, True]
    await networks.members(NETWORK).add(BEN)
    await ties.confirm([BEN])
    assert await unknown(database) == [False, False]
    await ties.take_pair(Pair(ADA, BEN), Tie(False, NOW + timedelta(days=1), 2))
    assert await unknown(database) == [False, False]


@pytest.mark.parametrize(
    "collection, filter, sort",
    [
        ("seats", {"conversation_id": ADA}, [("member_id", ASCENDING)]),
        ("seats", {"conversation_id": {"$in": [ADA, BEN]}}, [("conversation_id", ASCENDING)]),
        ("seats", {"member_id": ADA, "standing": "asked"}, [("made_id", DESCENDING)]),
        ("blocks", {"member_id": ADA, "holds": True}, [("made_id", DESCENDING)]),
        ("blocks", {"member_ids": ADA}, [("_id", ASCENDING)]),
        ("circle_places", {"member_id": ADA, "holds": True}, [("_id", ASCENDING)]),
        ("connected_pairs", {"member_ids": ADA}, [("_id", ASCENDING)]),
    ],
)
async def test_every_query_has_an_index(
    networks: Networks, database: Database, collection: str, filter: Document,
    sort: list[tuple[str, int]],
) -> None:  # fmt: skip
    plan = await database.collection(collection, NETWORK).plan(filter, sort)
    assert "IXSCAN" in str(plan)
    assert "COLLSCAN" not in str(plan)
