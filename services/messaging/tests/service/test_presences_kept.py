"""One contract for presences, held by the fake and by the database; and presence at the door."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from common import mongo
from common.grpc_client import call
from common.mongo import Database
from common.testing.poll import until
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import presence_service_pb2 as api
from messaging.adapters.mongo import Networks
from messaging.application.ports import Network
from messaging.domain.presence import grain_of

from services.messaging.tests.asking import PATIENCE
from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, Issuer
from services.messaging.tests.fakes import a_network
from services.messaging.tests.service.test_delivering import gateway
from services.messaging.tests.surroundings import Surroundings

LONG_AGO = datetime(2020, 1, 1, tzinfo=NOW.tzinfo)
LATER = NOW + timedelta(hours=1)


class Contract:
    """What every implementation of Presences does."""

    @pytest.fixture
    async def network(self) -> Network:
        raise NotImplementedError

    async def test_who_has_not_chosen_does_not_show_it_and_nothing_is_kept(
        self, network: Network
    ) -> None:
        await network.presences.note(ADA, NOW)
        assert not await network.presences.shown([ADA, BEN])
        assert not await network.presences.shown([])

    async def test_the_latest_time_is_kept_to_ten_minutes(self, network: Network) -> None:
        kept = network.presences
        for _ in range(2):
            await kept.choose(ADA, True, NOW)
        assert await kept.shown([ADA, BEN]) == {ADA: grain_of(NOW)}
        for at in (LATER, NOW, LATER):
            await kept.note(ADA, at)
        assert await kept.shown([ADA]) == {ADA: grain_of(LATER)}

    async def test_hiding_it_takes_the_time_away(self, network: Network) -> None:
        kept = network.presences
        await kept.choose(ADA, True, LATER)
        await kept.choose(ADA, False, LATER)
        await kept.note(ADA, LATER)
        assert not await kept.shown([ADA])
        await kept.choose(ADA, True, NOW)
        assert await kept.shown([ADA]) == {ADA: grain_of(NOW)}


class TestFakes(Contract):
    @pytest.fixture
    async def network(self) -> Network:
        return a_network(ADA, BEN, CAT)


class TestMongo(Contract):
    @pytest.fixture
    async def network(self, networks: Networks) -> Network:
        return networks.of(NETWORK)


async def test_of_who_hides_it_no_time_is_stored(networks: Networks, database: Database) -> None:
    kept = networks.of(NETWORK).presences
    await kept.choose(ADA, True, NOW)
    await kept.choose(ADA, False, LATER)
    [stored] = await database.unscoped("presences").find().to_list(None)
    assert stored == {
        "_id": ADA, "network_id": NETWORK, "shown": False, "seen_at": None
    }  # fmt: skip
    assert not await networks.of(OTHER_NETWORK).presences.shown([ADA])


async def test_a_conversation_tells_it_to_both_or_to_none(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    assert not await shows(client, ada)
    await choose(client, ada, shown=True)
    assert await shows(client, ada)
    assert (await client.get(ben, talk.id)).presence == pb.PRESENCE_UNSPECIFIED
    await choose(client, ben, shown=True)
    assert (await client.get(ben, talk.id)).presence == pb.PRESENCE_HERE
    door.clock.advance(timedelta(hours=2))
    (listed,) = (await client.list_open(ada)).conversations
    assert listed.presence == pb.PRESENCE_TODAY
    await choose(client, ada, shown=False)
    for token in (ada, ben):
        assert (await client.get(token, talk.id)).presence == pb.PRESENCE_UNSPECIFIED


async def test_beginning_to_look_on_is_noted(surroundings: Surroundings, issuer: Issuer) -> None:
    ada = issuer.token(ADA)
    async with (
        surroundings.running() as (app, client),
        mongo.connect(surroundings.mongodb_uri, f"{surroundings.name}_messaging") as database,
    ):
        await choose(client, ada, shown=True)
        kept = database.unscoped("presences")
        await kept.update_one({"_id": ADA}, {"$set": {"seen_at": LONG_AGO}})
        async with gateway(app.grpc) as line:
            await line.subscribe(1, ada)
            await line.hear(lambda: 1 in line.ends)

            async def noted() -> bool:
                found = await kept.find_one({"_id": ADA})
                return found is not None and found["seen_at"] > LONG_AGO

            await until(noted)


async def choose(client: Client, token: str, *, shown: bool) -> None:
    request = api.SetPresenceRequest(shown=shown)
    reply = await call(client.presence.SetPresence, request, token=token, seconds=PATIENCE)
    assert reply.shown == shown


async def shows(client: Client, token: str) -> bool:
    request = api.GetPresenceRequest()
    reply = await call(client.presence.GetPresence, request, token=token, seconds=PATIENCE)
    return bool(reply.shown)
