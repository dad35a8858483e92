"""One contract for what messaging keeps, held by the fakes and by the database alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from common.ids import new_id
from common.mongo import ASCENDING, DESCENDING, Database, Document
from messaging.adapters.mongo import Networks
from messaging.adapters.mongo_messages import PLACE
from messaging.application.ports import Network, Taken
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Tail

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    a_placed,
    a_row,
    imported_rows,
)
from services.messaging.tests.fakes import a_network


class NetworkContract:
    """What every implementation of messaging's ports does."""

    @pytest.fixture
    async def network(self) -> Network:
        raise NotImplementedError

    @pytest.fixture
    async def talk(self, network: Network) -> Conversation:
        talk = a_conversation()
        await network.conversations.add([talk])
        return talk

    async def say(self, network: Network, talk: Conversation, count: int) -> list[Message]:
        """Store some messages."""
        found: list[Message] = []
        for number in range(count):
            at = NOW + timedelta(hours=number)
            tail = found[-1].tail if found else None
            placed = a_placed(a_draft((ADA, BEN)[number % 2], at=at), talk, tail)
            await network.messages.add(talk, placed)
            found.append(placed.message)
        return found

    async def test_a_conversation_comes_back_as_it_was_stored(
        self, network: Network, talk: Conversation
    ) -> None:
        for _ in range(2):
            assert await network.conversations.get(talk.id) == talk
        assert await network.conversations.get(new_id()) is None

    async def test_only_new_conversations_are_stored(
        self, network: Network, talk: Conversation
    ) -> None:
        later = Conversation(talk.id, talk.member_ids, NOW + timedelta(days=1))
        other = a_conversation(ADA, CAT)
        assert await network.conversations.add([later, other]) == {other.id}
        assert await network.conversations.add([later, other]) == set()
        assert await network.conversations.get(talk.id) == talk

    async def test_pages_hold_each_conversation_of_a_member_once_latest_first(
        self, network: Network
    ) -> None:
        made = [a_conversation(ADA, new_id()) for _ in range(7)]
        await network.conversations.add([a_conversation(BEN, CAT)])
        for one in made:
            await network.conversations.add([one])
        seen: list[Conversation] = []
        token = None
        while page := await network.conversations.page(ADA, token, 3):
            assert len(page) <= 3
            seen += [one for _, one in page]
            token = page[-1][0]
        assert seen == made[::-1]

    async def test_a_message_comes_back_as_it_was_stored(
        self, network: Network, talk: Conversation
    ) -> None:
        (message,) = await self.say(network, talk, 1)
        find = network.messages.by_client_id
        assert await find(talk.id, ADA, message.client_message_id) == message
        assert await find(talk.id, BEN, message.client_message_id) is None
        assert await find(new_id(), ADA, message.client_message_id) is None
        assert await network.messages.after(talk.id, 0, 5) == [message]

    async def test_what_a_message_answers_is_kept(
        self, network: Network, talk: Conversation
    ) -> None:
        (first,) = await self.say(network, talk, 1)
        draft = a_draft(BEN, reply_to=1)
        await network.messages.add(talk, a_placed(draft, talk, first.tail))
        found = await network.messages.after(talk.id, 0, 5)
        assert [one.reply_to for one in found] == [0, 1]
        assert found[1].says(draft)

    async def test_the_tail_is_the_last_message(self, network: Network, talk: Conversation) -> None:
        assert await network.messages.tail(talk.id) is None
        messages = await self.say(network, talk, 3)
        assert await network.messages.tail(talk.id) == Tail(3, ADA, messages[2].turn_at)
        assert await network.messages.tail(new_id()) is None

    async def test_a_place_is_taken_once_and_a_client_id_too(
        self, network: Network, talk: Conversation
    ) -> None:
        (message,) = await self.say(network, talk, 1)
        draft = a_draft(BEN, client_id=message.client_message_id)
        with pytest.raises(Taken):
            await network.messages.add(talk, a_placed(draft, talk))
        again = a_draft(ADA, client_id=message.client_message_id)
        with pytest.raises(Taken):
            await network.messages.add(talk, a_placed(again, talk, message.tail))
        await network.messages.add(talk, a_placed(draft, talk, message.tail))
        assert len(await network.messages.after(talk.id, 0, 5)) == 2

    async def test_of_many_for_one_place_one_gets_it(
        self, network: Network, talk: Conversation
    ) -> None:
        placed = [a_placed(a_draft(), talk) for _ in range(20)]
        outcomes = await asyncio.gather(
            *(network.messages.add(talk, one) for one in placed), return_exceptions=True
        )
        assert outcomes.count(None) == 1
        assert all(isinstance(one, Taken) for one in outcomes if one is not None)
        kept = placed[outcomes.index(None)].message
        assert await network.messages.before(talk.id, None, 5) == [kept]

    async def test_pages_go_both_ways_and_end_where_the_talk_ends(
        self, network: Network, talk: Conversation
    ) -> None:
        messages = await self.say(network, talk, 7)
        after, before = network.messages.after, network.messages.before
        assert await after(talk.id, 0, 3) == messages[:3]
        assert await after(talk.id, 3, 3) == messages[3:6]
        assert await after(talk.id, 6, 3) == messages[6:]
        assert await before(talk.id, None, 3) == messages[:3:-1]
        assert await before(talk.id, 5, 3) == messages[3:0:-1]
        assert await before(talk.id, 2, 3) == messages[:1]
        assert await before(talk.id, 1, 3) == []

    async def test_a_page_from_beyond_the_end_is_the_newest_and_after_it_is_nothing(
        self, network: Network, talk: Conversation
    ) -> None:
        messages = await self.say(network, talk, 5)
        for sequence in (6, 7, 9, 500, 2**63 - 1):
            assert await network.messages.before(talk.id, sequence, 3) == messages[:1:-1]
            assert await network.messages.before(talk.id, sequence, 9) == messages[::-1]
            assert await network.messages.after(talk.id, sequence, 3) == []

    async def test_rows_are_stored_in_order_and_found_by_key(
        self, network: Network, talk: Conversation
    ) -> None:
        rows = imported_rows([a_row(n) for n in range(1, 6)])
        await network.messages.add_imported(rows)
        stored = await network.messages.after(talk.id, 0, 9)
        assert stored == [row.placed.message for row in rows]
        found = await network.messages.imported(rows[1].key, rows[3].key)
        assert found == {row.key: row.placed.message for row in rows[1:4]}
        other = a_row(2, source="other")
        assert await network.messages.imported(other.key, other.key) == {}

    async def test_the_rows_before_one_that_is_taken_are_stored(
        self, network: Network, talk: Conversation
    ) -> None:
        rows = imported_rows([a_row(n) for n in range(1, 6)])
        squatter = a_placed(a_draft(CAT), talk, rows[2].placed.message.tail)
        await network.messages.add(talk, squatter)
        with pytest.raises(Taken) as taken:
            await network.messages.add_imported(rows)
        assert taken.value.index == 3
        found = await network.messages.imported(rows[0].key, rows[4].key)
        assert found.keys() == {row.key for row in rows[:3]}

    async def test_who_is_not_known_is_told_apart(self, network: Network) -> None:
        stranger = new_id()
        assert await network.members.unknown([]) == set()
        assert await network.members.unknown([ADA, stranger, BEN]) == {stranger}
        assert await network.members.unknown({stranger}) == {stranger}


class TestFakeNetwork(NetworkContract):
    @pytest.fixture
    async def network(self) -> Network:
        return a_network(ADA, BEN, CAT)


class TestMongoNetwork(NetworkContract):
    @pytest.fixture
    async def network(self, networks: Networks) -> Network:
        for member_id in (ADA, BEN, CAT, ADA):
            await networks.members(NETWORK).add(member_id)
        return networks.of(NETWORK)

    async def test_another_network_has_nothing_of_it(
        self, network: Network, networks: Networks, talk: Conversation
    ) -> None:
        rows = imported_rows([a_row(1)])
        await network.messages.add_imported(rows)
        other = networks.of(OTHER_NETWORK)
        draft = rows[0].placed.message
        assert await other.conversations.get(talk.id) is None
        assert await other.conversations.page(ADA, None, 5) == []
        assert await other.messages.tail(talk.id) is None
        assert await other.messages.after(talk.id, 0, 5) == []
        assert await other.messages.before(talk.id, None, 5) == []
        assert await other.messages.imported(rows[0].key, rows[0].key) == {}
        assert await other.messages.by_client_id(talk.id, ADA, draft.client_message_id) is None
        assert await other.members.unknown([ADA]) == {ADA}


TALK: Document = {"conversation_id": a_conversation().id}
NEWEST = [("sequence", DESCENDING)]


@pytest.mark.parametrize(
    "collection, filter, sort",
    [
        ("messages", TALK, NEWEST),
        ("messages", {**TALK, "sequence": {"$gt": 3, "$lte": 9}}, [("sequence", ASCENDING)]),
        ("messages", {**TALK, "sequence": {"$gte": 3, "$lt": 9}}, NEWEST),
        ("messages", {**TALK, "sequence": {"$lt": 9}}, NEWEST),
        ("messages", {**TALK, "sender_id": ADA, "client_message_id": "c"}, []),
        ("marks", {"member_id": ADA}, [("conversation_id", ASCENDING)]),
        ("conversations", {"member_ids": ADA}, [("opened_id", DESCENDING)]),
        ("conversations", {"member_ids": ADA, "opened_id": {"$lt": ADA}},
         [("opened_id", DESCENDING)]),
    ],
)  # fmt: skip
async def test_every_hot_query_has_an_index(
    networks: Networks, database: Database, collection: str, filter: Document,
    sort: list[tuple[str, int]],
) -> None:  # fmt: skip
    plan = await database.collection(collection, NETWORK).plan(filter, sort or [("_id", ASCENDING)])
    assert "IXSCAN" in str(plan)
    assert "COLLSCAN" not in str(plan)


async def test_what_is_unread_is_found_by_its_place(networks: Networks, database: Database) -> None:
    unread = {
        **TALK, "sequence": {"$gt": 3, "$lte": 9}, "sender_id": {"$ne": ADA}, "text": {"$ne": ""},
    }  # fmt: skip
    messages = database.collection("messages", NETWORK)
    plan = str(await messages.plan(unread, [("sequence", ASCENDING)], PLACE))
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


async def test_rows_are_found_by_an_index_of_their_own(
    networks: Networks, database: Database
) -> None:
    rows = {"import_key": {"$gte": "a", "$lte": "b"}}  # it begins with the network's id
    found = database.unscoped("messages").find(rows).sort([("import_key", ASCENDING)])
    assert "IXSCAN" in str((await found.explain())["queryPlanner"]["winningPlan"])
