"""Look-ups that are made together find what each alone would."""

from __future__ import annotations

import asyncio

import pytest
from common.ids import new_id
from common.mongo import Collection, Database, Document
from messaging.adapters.read_together import MOST, ReadTogether

from services.messaging.tests.builders import NETWORK


@pytest.fixture
def collection(database: Database) -> Collection:
    return database.collection("things", NETWORK)


async def test_each_gets_what_it_asked_for_and_sees_what_was_stored_before(
    collection: Collection,
) -> None:
    together = ReadTogether(collection)
    ids = [new_id() for _ in range(2 * MOST + 50)]
    await collection.insert_many([{"_id": id} for id in ids[::2]])

    async def ask(place: int) -> bool:
        found = await together.find([ids[place], new_id()])
        return [one["_id"] for one in found] == ([] if place % 2 else [ids[place]])

    assert all(await asyncio.gather(*(ask(place) for place in range(len(ids)))))
    under_way = [asyncio.create_task(ask(place)) for place in range(10)]
    await asyncio.sleep(0)
    late = new_id()
    await collection.insert_one({"_id": late})
    assert [one["_id"] for one in await together.find([late])] == [late]
    assert all(await asyncio.gather(*under_way))


async def test_who_gives_up_harms_nobody_and_a_failure_is_everybodys_once(
    collection: Collection,
) -> None:
    class Failing(Collection):
        async def find(self, *args: object, **kwargs: object) -> list[Document]:
            raise ConnectionError("away")

    together = ReadTogether(collection)
    asks = [asyncio.create_task(together.find([new_id()])) for _ in range(5)]
    await asyncio.sleep(0)
    asks[0].cancel()
    assert [await one for one in asks[1:]] == [[]] * 4
    failing = ReadTogether(Failing(collection._raw, NETWORK))
    outcomes = await asyncio.gather(
        *(failing.find([new_id()]) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(one, ConnectionError) for one in outcomes)
