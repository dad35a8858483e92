"""What is kept of groups, held by the fakes and by the database alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from common.ids import new_id
from common.mongo import ASCENDING, DESCENDING, Database, Document
from messaging.adapters.mongo import Networks
from messaging.application.ports import Network, Taken
from messaging.application.ports_sides import Place, Tie
from messaging.domain.block import Block
from messaging.domain.conversation import Conversation
from messaging.domain.message import Placed, Tail, place, place_notice
from messaging.domain.roster import MOST_IN_ROOM, Notice, joined, left, opened
from messaging.domain.seat import Seat, Standing

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, a_draft
from services.messaging.tests.fakes import a_network

FRESH = Conversation.group(NETWORK, ADA, "contract", NOW)
ROOM = Conversation.room(NETWORK, new_id(), NOW)


def noted(notice: Notice, tail: Tail | None = None) -> Placed:
    return place_notice(notice, new_id(), FRESH.id, ADA, NOW, tail)


def found(notice: Notice | None) -> Notice:
    assert notice is not None
    return notice


OPENED = opened([ADA], (ADA,), "Evening round")


class GroupsContract:
    """What every implementation does."""

    @pytest.fixture
    async def network(self) -> Network:
        raise NotImplementedError

    async def test_a_notice_comes_back_with_its_title_and_roster_and_is_the_end(
        self, network: Network
    ) -> None:
        await network.conversations.add([FRESH])
        first = noted(OPENED)
        await network.messages.add(FRESH.under(OPENED.roster), first)
        assert await network.messages.after(FRESH.id, 0, 9) == [first.message]
        assert await network.messages.tail(FRESH.id) == Tail(1, None, NOW, 1)
        said = place(a_draft(), new_id(), FRESH.id, first.message.tail)
        await network.messages.add(FRESH.under(OPENED.roster), said)
        assert await network.messages.tail(FRESH.id) == said.message.tail
        assert said.message.roster_at == 1
        found_at = [await network.messages.roster_at(FRESH.id, at) for at in (0, 1, 2, 3)]
        assert found_at == [None, OPENED.roster, None, None]
        came = noted(found(joined(OPENED.roster, BEN, 3)), said.message.tail)
        await network.messages.add(FRESH.under(came.message.notice.roster), came)  # type: ignore[union-attr]
        assert await network.messages.before(FRESH.id, None, 1) == [came.message]
        assert await network.messages.tail(FRESH.id) == Tail(3, ADA, NOW, 3)

    async def test_of_a_notice_and_a_message_for_one_place_one_gets_it(
        self, network: Network
    ) -> None:
        await network.conversations.add([FRESH])
        first = noted(OPENED)
        group = FRESH.under(OPENED.roster)
        await network.messages.add(group, first)
        end = first.message.tail
        tries = [noted(found(joined(OPENED.roster, BEN, 2)), end)]
        tries += [place(a_draft(), new_id(), FRESH.id, end) for _ in range(3)]
        outcomes = await asyncio.gather(
            *(network.messages.add(group, one) for one in tries), return_exceptions=True
        )
        assert outcomes.count(None) == 1
        assert all(isinstance(one, Taken) for one in outcomes if one is not None)

    async def test_a_notice_counts_as_nothing_unread(self, network: Network) -> None:
        await network.conversations.add([FRESH])
        await network.messages.add(FRESH.under(OPENED.roster), noted(OPENED))
        assert await network.messages.unread(FRESH.id, BEN, 0, 9, 9) == 0
        assert await network.messages.newest_of_others(FRESH.id, BEN, 0, 9) is None

    async def test_a_group_is_on_the_lists_of_its_newest_roster(self, network: Network) -> None:
        await network.conversations.add([FRESH, ROOM])
        one = network.conversations
        assert await one.get(FRESH.id) == FRESH
        assert await one.get(ROOM.id) == ROOM
        assert await one.page(ADA, None, 9) == []
        both = found(joined(OPENED.roster, BEN, 2)).roster
        gone = found(left(both, ADA, 3)).roster
        for roster, expected in ((OPENED.roster, OPENED.roster), (gone, gone), (both, gone)):
            await one.keep(FRESH.id, roster)
            assert await one.get(FRESH.id) == FRESH.under(expected)
        assert await one.page(ADA, None, 9) == []
        assert [group for _, group in await one.page(BEN, None, 9)] == [FRESH.under(gone)]
        await one.keep(new_id(), gone)  # there is none: nothing happens

    async def test_an_invitation_comes_back_as_it_was_stored(self, network: Network) -> None:
        seats, fresh = network.sides.seats, Seat(FRESH.id, BEN, NOW)
        asked = fresh.invite(ADA, Standing.ASKED, NOW)
        await seats.save(asked, [BEN])
        assert list(await seats.of(FRESH.id)) == [asked]
        out = asked.out(NOW)
        await seats.save(out, [])
        assert list(await seats.of(FRESH.id)) == [out]
        assert (out.inviter_id, out.invited) == (ADA, False)

    async def test_who_is_in_a_circle_is_found(self, network: Network) -> None:
        ties, circle = network.sides.ties, new_id()
        for member_id, holds in ((BEN, True), (ADA, True), (CAT, False)):
            await ties.take_place(Place(circle, member_id), Tie(holds, NOW, 1))
        assert list(await ties.members_in(circle, 9)) == [ADA, BEN]
        assert list(await ties.members_in(circle, 1)) == [ADA]
        assert await ties.those_in(circle, [ADA, CAT, new_id()]) == {ADA}
        assert await ties.those_in(new_id(), [ADA]) == await ties.those_in(circle, []) == set()
        assert await ties.circles_of(ADA) == {circle}
        assert await ties.circles_of(CAT) == set()
        assert list(await ties.members_in(new_id(), 9)) == []

    async def test_all_whom_she_blocks_are_found(self, network: Network) -> None:
        blocks = network.sides.blocks
        hers = [Block(ADA, other).begin(NOW) for other in (BEN, CAT)]
        for one in (*hers, Block(BEN, ADA).begin(NOW)):
            await blocks.save(one)
        assert await blocks.all_of(ADA) == {one.blocked_id: one for one in hers}
        assert await blocks.all_of(CAT) == {}


class TestFakeGroups(GroupsContract):
    @pytest.fixture
    async def network(self) -> Network:
        return a_network(ADA, BEN, CAT)


class TestMongoGroups(GroupsContract):
    @pytest.fixture
    async def network(self, networks: Networks) -> Network:
        for member_id in (ADA, BEN, CAT):
            await networks.members(NETWORK).add(member_id)
        return networks.of(NETWORK)

    async def test_what_a_group_is_called_is_stored_sealed(
        self, network: Network, database: Database
    ) -> None:
        await network.conversations.add([FRESH])
        await network.messages.add(FRESH.under(OPENED.roster), noted(OPENED))
        stored = await database.unscoped("messages").find_one({})
        assert stored is not None
        assert b"Evening round" not in str(stored).encode()
        assert stored["text"] == ""

    async def test_who_was_ever_in_it_stays_known(
        self, network: Network, database: Database
    ) -> None:
        await network.conversations.add([FRESH])
        both = found(joined(OPENED.roster, BEN, 2)).roster
        for roster in (OPENED.roster, both, found(left(both, ADA, 3)).roster):
            await network.conversations.keep(FRESH.id, roster)
        stored = await database.unscoped("conversations").find_one({})
        assert stored is not None
        assert (stored["past_ids"], stored["member_ids"]) == ([ADA, BEN], [BEN])

    async def test_a_full_room_is_one_document(self, network: Network) -> None:
        many = [new_id() for _ in range(MOST_IN_ROOM)]
        notice = opened(many, (), "")
        await network.conversations.add([ROOM])
        placed = place_notice(notice, new_id(), ROOM.id, many[0], NOW, None)
        await network.messages.add(ROOM.under(notice.roster), placed)
        [stored] = await network.messages.after(ROOM.id, 0, 1)
        assert stored.notice == replace(notice, spoke=None)


@pytest.mark.parametrize(
    "collection, filter, sort",
    [
        ("circle_places", {"circle_id": ADA, "holds": True}, [("member_id", ASCENDING)]),
        ("conversations", {"past_ids": ADA}, [("opened_id", DESCENDING)]),
    ],
)
async def test_every_query_of_groups_has_an_index(
    networks: Networks, database: Database, collection: str, filter: Document,
    sort: list[tuple[str, int]],
) -> None:  # fmt: skip
    plan = await database.collection(collection, NETWORK).plan(filter, sort)
    assert "IXSCAN" in str(plan)
    assert "COLLSCAN" not in str(plan)
