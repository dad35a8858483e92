"""One contract for what was changed lately, held by fake and database; and what the door tells."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from common.clock import epoch_millis
from common.errors import Kind
from common.grpc_client import call
from common.mongo import Database
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import words_service_pb2 as api
from messaging.adapters.mongo import Networks
from messaging.adapters.mongo_touches import COLLECTION, MongoTouches
from messaging.application.ports import Network
from messaging.domain.touched import MOST_KEPT, Touch

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, refusal
from services.messaging.tests.fakes import a_network

HERE, THERE, ELSEWHERE = (NETWORK, ADA, BEN)  # ids like any others
SECOND = timedelta(seconds=1)
AS_MANY_AS_ARE_KEPT = [Touch(number, NOW + number * SECOND) for number in range(1, MOST_KEPT + 1)]


class Contract:
    """What every implementation of Touches does."""

    @pytest.fixture
    async def network(self) -> Network:
        raise NotImplementedError

    @pytest.fixture
    async def full(self, network: Network) -> Network:
        """With as many changes HERE as are kept."""
        raise NotImplementedError

    async def test_it_is_told_of_those_asked_for_with_something_newer(
        self, network: Network
    ) -> None:
        kept = network.touches
        for place, number, seconds in ((HERE, 3, 0), (THERE, 1, 5), (HERE, 2, 9), (THERE, 1, 3)):
            await kept.note(place, Touch(number, NOW + seconds * SECOND))
        await kept.note(ELSEWHERE, Touch(1, NOW + 99 * SECOND))
        found = await kept.since([HERE, THERE], NOW + 4 * SECOND)
        assert [one.conversation_id for one in found] == [HERE, THERE]
        assert [touch.sequence for touch in found[0].touches] == [3, 2]
        assert [touch.sequence for touch in found[1].touches] == [1, 1]
        assert [
            one.conversation_id for one in await kept.since([HERE, THERE], NOW + 5 * SECOND)
        ] == [HERE]
        assert await kept.since([HERE, THERE], NOW + 9 * SECOND) == []
        assert await kept.since([], NOW) == []

    async def test_the_newest_are_kept(self, full: Network) -> None:
        kept = full.touches
        for number in (MOST_KEPT + 1, MOST_KEPT + 2):
            await kept.note(HERE, Touch(number, NOW + number * SECOND))
        [found] = await kept.since([HERE], NOW)
        assert [touch.sequence for touch in found.touches] == list(range(3, MOST_KEPT + 3))
        assert found.since(NOW) is None
        assert found.since(NOW + (MOST_KEPT + 1) * SECOND) == [MOST_KEPT + 2]

    async def test_of_many_at_once_none_is_lost(self, network: Network) -> None:
        notes = (network.touches.note(HERE, Touch(number, NOW)) for number in range(20))
        await asyncio.gather(*notes)
        [found] = await network.touches.since([HERE], NOW - SECOND)
        assert sorted(touch.sequence for touch in found.touches) == list(range(20))


class TestFake(Contract):
    @pytest.fixture
    async def network(self) -> Network:
        return a_network()

    @pytest.fixture
    async def full(self, network: Network) -> Network:
        for touch in AS_MANY_AS_ARE_KEPT:
            await network.touches.note(HERE, touch)
        return network


class TestMongo(Contract):
    @pytest.fixture
    async def network(self, networks: Networks) -> Network:
        return networks.of(NETWORK)

    @pytest.fixture
    async def full(self, network: Network, database: Database) -> Network:
        await filled(database, HERE)
        return network

    async def test_a_network_is_told_of_its_own(self, networks: Networks) -> None:
        await networks.of(NETWORK).touches.note(HERE, Touch(1, NOW))
        assert await networks.of(OTHER_NETWORK).touches.since([HERE], NOW - SECOND) == []

    async def test_they_name_nobody(self, networks: Networks, database: Database) -> None:
        await networks.of(NETWORK).touches.note(HERE, Touch(1, NOW))
        [stored] = await database.unscoped("touches").find().to_list(None)
        assert stored.keys() == {"_id", "network_id", "entries", "last_at"}
        assert stored["entries"][0].keys() == {"sequence", "at"}


async def test_who_was_away_is_told_what_was_changed_and_nobody_else(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = (await client.open(ada, BEN)).id
    first, second, third = [await client.send(ada, talk, text=text) for text in ("1", "2", "3")]
    since = stamp(door, hours=1)
    assert not (await changed(client, ben, since)).messages
    await client.edit(ada, talk, first.id, "One")
    await client.delete(ada, talk, second.id)
    await client.react(ben, talk, third.id, pb.REACTION_KIND_HUG)
    for token in (ada, ben):
        told = await changed(client, token, since)
        assert [one.text for one in told.messages] == ["One", "", "3"]
        assert [len(one.reactions) for one in told.messages] == [0, 0, 1]
        assert not told.conversation_ids
        assert told.as_of_time == stamp(door)
    assert not (await changed(client, await door.join(CAT), since)).messages


async def test_where_too_much_was_changed_she_reads_anew(
    door: Door, client: Client, ada: str, ben: str, database: Database
) -> None:
    talk = (await client.open(ada, BEN)).id
    await filled(database, UUID(talk))
    told = await changed(client, ben, stamp(door, hours=1))
    assert (list(told.messages), list(told.conversation_ids)) == ([], [talk])


async def test_what_is_too_long_ago_is_to_be_read_anew(
    door: Door, client: Client, ada: str
) -> None:
    refused = await refusal(changed(client, ada, stamp(door, hours=24 * 30 + 1)))
    assert (refused.kind, refused.metadata) == (Kind.INVALID, {"field": "since_time"})


async def filled(database: Database, conversation_id: UUID) -> None:
    """As many changes as are kept, all but the last stored at once: one by one takes half a
    minute."""
    *most, last = AS_MANY_AS_ARE_KEPT
    entries = [{"sequence": one.sequence, "at": one.at} for one in most]
    document = {
        "_id": conversation_id, "network_id": NETWORK, "entries": entries, "last_at": most[-1].at
    }  # fmt: skip
    await database.unscoped(COLLECTION).insert_one(document)
    await MongoTouches(database.collection(COLLECTION, NETWORK)).note(conversation_id, last)


async def changed(client: Client, token: str, since: Timestamp) -> api.ListChangedMessagesResponse:
    request = api.ListChangedMessagesRequest(since_time=since)
    return await call(client.words.ListChangedMessages, request, token=token)


def stamp(door: Door, *, hours: int = 0) -> Timestamp:
    """So many hours ago."""
    found = Timestamp()
    found.FromMilliseconds(epoch_millis(door.clock.now() - timedelta(hours=hours)))
    return found
