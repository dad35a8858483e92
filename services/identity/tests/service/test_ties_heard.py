"""Identity that begins after community has told: it reads the log from its beginning, passes over
what ended in tombstones, and takes what comes twice and late once."""

from __future__ import annotations

from uuid import UUID

from common import kafka_producer, mongo
from common.ids import new_id
from common.kafka_producer import headers
from common.testing.poll import until
from google.protobuf.message import Message
from identity.adapters.mongo import INDEXES, MongoDirectory
from identity.adapters.mongo_ties import PLACES
from identity.entrypoints.ties import GROUP, TOPICS

from libs.common.tests.topics import committed
from services.identity.tests.builders import NETWORK, a_member
from services.identity.tests.running import Surroundings, http
from services.identity.tests.service.test_running import running
from services.identity.tests.service.test_ties_kept import agreed, joined, left, parted

MEMBERSHIP, CONNECTION = TOPICS


async def test_who_begins_late_hears_all_that_was_told(surroundings: Surroundings) -> None:
    place, other, pair = new_id(), new_id(), new_id()
    async with mongo.connect(surroundings.mongodb_uri, f"{surroundings.name}_identity") as database:
        await database.create_collections(INDEXES)
        directory = MongoDirectory(database, wake=lambda: None)
        accounts = directory.accounts(NETWORK)
        for account, told in (ana := a_member("ana"), ben := a_member("ben")):
            await accounts.add(account, told)
        one, two = ana[0].id, ben[0].id
        log = [
            (MEMBERSHIP, place, joined(one), 1), (MEMBERSHIP, place, left(one), 2),
            (MEMBERSHIP, other, joined(two), 1), (MEMBERSHIP, place, joined(one), 3),
            (MEMBERSHIP, place, left(one), 2), (MEMBERSHIP, new_id(), None, 0),
            (MEMBERSHIP, new_id(), joined(new_id()), 1),
            (CONNECTION, pair, agreed(one, two), 2), (CONNECTION, pair, parted(one, two), 3),
            (CONNECTION, pair, agreed(one, two), 2), (CONNECTION, new_id(), None, 0),
        ]  # fmt: skip
        async with kafka_producer.connect(
            surroundings.kafka, "tests", surroundings.prefix
        ) as producer:
            for entry in log:
                await publish(producer, *entry)
        ties = directory.ties(NETWORK)
        assert await ties.between(one, two) == frozenset()
        async with running(surroundings) as (app, _, _):

            async def heard() -> bool:
                group = surroundings.prefix + GROUP
                taken = [
                    await committed(surroundings.kafka, group, surroundings.prefix + topic)
                    for topic in TOPICS
                ]
                return sum(filter(None, taken)) == len(log)

            await until(heard)
            assert await ties.between(one, two) == {"circle"}
            assert (await http(app.http, "/readyz"))[0] == 200
        assert await database.unscoped(PLACES).count_documents({}) == 2


async def publish(
    producer: kafka_producer.Producer, topic: str, key: UUID, event: Message | None, sequence: int
) -> None:
    """As community does; None is a tombstone."""
    type = event.DESCRIPTOR.full_name if event else "kith.community.events.v1.TieErased"
    made = headers(id=new_id(), type=type, source="/community", sequence=sequence, traceparent=None)
    value = event.SerializeToString() if event else None
    await (await producer.send(topic, key=str(key), value=value, headers=made))
