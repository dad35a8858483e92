"""The scope of a network holds on every method, and what is stored comes back as it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from bson.binary import UUID_SUBTYPE, Binary
from bson.codec_options import CodecOptions
from common import mongo
from common.clock import to_millis
from common.ids import new_id
from common.mongo import (
    ASCENDING,
    BulkWriteError,
    Collection,
    Database,
    DuplicateKeyError,
    IndexModel,
)
from pymongo.errors import (
    ServerSelectionTimeoutError,
)

OURS, THEIRS = UUID(int=0xA), UUID(int=0xB)  # fixed: they are in the names of tests
INDEXES = {"things": [IndexModel([("network_id", ASCENDING), ("name", ASCENDING)], name="by_name")]}


@pytest.fixture
async def ours(database: Database) -> Collection:
    """Two documents of ours and two alike of another network; what we see of them."""
    await database.create_collections(INDEXES)
    await database.collection("things", OURS).insert_many(
        [{"_id": "o1", "name": "a", "n": 1}, {"_id": "o2", "name": "b", "n": 2}]
    )
    await database.collection("things", THEIRS).insert_many(
        [{"_id": "t1", "name": "a", "n": 1}, {"_id": "t2", "name": "b", "n": 2}]
    )
    return database.collection("things", OURS)


async def _theirs(database: Database) -> list[dict[str, Any]]:
    found = database.unscoped("things").find({"network_id": THEIRS}).sort("_id", 1)
    return await found.to_list(None)


THEIR_DOCUMENTS = [
    {"_id": "t1", "name": "a", "n": 1, "network_id": THEIRS},
    {"_id": "t2", "name": "b", "n": 2, "network_id": THEIRS},
]
EVERYTHING: list[dict[str, Any]] = [
    {},
    {"_id": {"$in": ["o1", "o2", "t1", "t2"]}},
    {"$or": [{"network_id": THEIRS}, {"network_id": OURS}]},
    {"$or": [{"name": "a"}, {"name": "b"}, {"network_id": {"$ne": OURS}}]},
]


@pytest.mark.parametrize("filter", EVERYTHING, ids=str)
async def test_nothing_of_another_network_is_found_or_counted(
    ours: Collection, filter: dict[str, Any]
) -> None:
    found = await ours.find(filter, sort=[("_id", ASCENDING)], limit=100)
    assert [document["_id"] for document in found] == ["o1", "o2"]
    assert await ours.count(filter) == 2


async def test_one_of_another_network_is_not_found_even_by_its_id(ours: Collection) -> None:
    assert await ours.find_one({"_id": "t1"}) is None
    assert await ours.find_one({"$or": [{"network_id": THEIRS}]}) is None
    assert (await ours.find_one({"name": "a"}, {"n": 1}) or {}) == {"_id": "o1", "n": 1}
    last = await ours.find_one({}, sort=[("n", -1)])
    assert last is not None
    assert last["_id"] == "o2"


async def test_nothing_of_another_network_is_changed(ours: Collection, database: Database) -> None:
    assert not await ours.update_one({"_id": "t1"}, {"$set": {"n": 9}})
    assert not await ours.update_one({"$or": [{"network_id": THEIRS}]}, {"$set": {"n": 9}})
    assert await ours.update_one({"name": "a"}, {"$set": {"n": 9}})
    assert await _theirs(database) == THEIR_DOCUMENTS


async def test_an_upsert_makes_our_document_and_cannot_take_anothers_id(
    ours: Collection, database: Database
) -> None:
    assert await ours.update_one({"_id": "o3"}, {"$set": {"n": 3}}, upsert=True)
    assert await ours.find_one({"_id": "o3"}) == {"_id": "o3", "n": 3, "network_id": OURS}
    with pytest.raises(DuplicateKeyError):
        await ours.update_one({"_id": "t1"}, {"$set": {"n": 3}}, upsert=True)
    assert await _theirs(database) == THEIR_DOCUMENTS


async def test_nothing_of_another_network_is_deleted(ours: Collection, database: Database) -> None:
    assert await ours.delete_many({"_id": "t1"}) == 0
    assert await ours.delete_many({}) == 2
    assert await _theirs(database) == THEIR_DOCUMENTS


async def test_nothing_of_another_network_is_aggregated(ours: Collection) -> None:
    total = await ours.aggregate([{"$group": {"_id": None, "n": {"$sum": "$n"}}}])
    assert total == [{"_id": None, "n": 3}]
    assert await ours.aggregate([{"$match": {"network_id": THEIRS}}]) == []


@pytest.mark.parametrize(
    "stage",
    [
        {"$lookup": {"from": "things", "pipeline": [], "as": "all"}},
        {"$graphLookup": {"from": "things"}},
        {"$unionWith": "things"},
        {"$out": "elsewhere"},
        {"$merge": "elsewhere"},
        {"$facet": {"x": [{"$match": {}}, {"$lookup": {"from": "things"}}]}},
    ],
    ids=str,
)
async def test_a_stage_that_leaves_the_scope_is_refused(
    ours: Collection, stage: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="leaves the scope"):
        await ours.aggregate([{"$match": {}}, stage])


@pytest.mark.parametrize("network", [THEIRS, str(OURS), None, {"$ne": OURS}, {"$in": [THEIRS]}])
async def test_naming_another_network_is_refused_everywhere(
    ours: Collection, database: Database, network: Any
) -> None:
    foreign = {"network_id": network, "name": "x"}
    attempts = [
        ours.find_one(foreign),
        ours.find(foreign, sort=[("_id", ASCENDING)], limit=1),
        ours.count(foreign),
        ours.insert_one(foreign),
        ours.insert_many([{"name": "ok"}, foreign]),
        ours.update_one(foreign, {"$set": {"n": 1}}),
        ours.delete_many(foreign),
        ours.plan(foreign, [("_id", ASCENDING)]),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="another network"):
            await attempt
    assert await database.unscoped("things").count_documents({}) == 4


@pytest.mark.parametrize(
    "update",
    [
        {"$set": {"network_id": THEIRS}},
        {"$set": {"network_id.x": 1}},
        {"$setOnInsert": {"network_id": THEIRS}},
        {"$unset": {"network_id": ""}},
        {"$rename": {"network_id": "old"}},
        {"$rename": {"name": "network_id"}},
    ],
    ids=str,
)
async def test_a_document_cannot_be_moved_to_another_network(
    ours: Collection, update: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="may not change the network"):
        await ours.update_one({"_id": "o1"}, update, upsert=True)
    assert await ours.count({}) == 2


async def test_naming_our_own_network_is_fine(ours: Collection) -> None:
    await ours.insert_one({"_id": "o3", "network_id": OURS})
    assert await ours.count({"network_id": OURS}) == 3


async def test_a_limit_limits_and_0_does_not(ours: Collection) -> None:
    await ours.insert_many([{"_id": f"x{n}", "name": "x"} for n in range(150)])
    by_id = [("_id", ASCENDING)]
    assert len(await ours.find({"name": "x"}, sort=by_id, limit=120)) == 120
    assert len(await ours.find({"name": "x"}, sort=by_id, limit=0)) == 150


async def test_inserting_nothing_is_nothing(ours: Collection) -> None:
    await ours.insert_many([])
    assert await ours.count({}) == 2


async def test_a_second_document_of_the_same_id_is_refused(ours: Collection) -> None:
    with pytest.raises(DuplicateKeyError):
        await ours.insert_one({"_id": "o1"})
    with pytest.raises(BulkWriteError):
        await ours.insert_many([{"_id": "n1"}, {"_id": "o1"}, {"_id": "n2"}])
    assert await ours.find_one({"_id": "n1"}) is not None
    assert await ours.find_one({"_id": "n2"}) is None
    with pytest.raises(BulkWriteError):
        await ours.insert_many([{"_id": "o1"}, {"_id": "n3"}], ordered=False)
    assert await ours.find_one({"_id": "n3"}) is not None


async def test_documents_given_are_left_as_they_are(ours: Collection) -> None:
    document = {"_id": "o3", "name": "c"}
    await ours.insert_one(document)
    assert document == {"_id": "o3", "name": "c"}


async def test_times_come_back_aware_in_utc_and_in_milliseconds(ours: Collection) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    await ours.insert_one({"_id": "o3", "at": at})
    found = await ours.find_one({"_id": "o3"})
    assert found is not None
    assert found["at"] == to_millis(at)
    assert found["at"].utcoffset() == timedelta(0)
    assert await ours.find_one({"at": at.astimezone(UTC)}) is not None


async def test_ids_are_stored_as_binary_of_subtype_4_and_come_back_as_uuid(
    ours: Collection, database: Database
) -> None:
    id = new_id()
    await ours.insert_one({"_id": id, "members": [id]})
    found = await ours.find_one({"_id": id})
    assert found == {"_id": id, "members": [id], "network_id": OURS}
    raw = database.unscoped("things").with_options(CodecOptions())
    stored = await raw.find_one({"members": Binary(id.bytes, UUID_SUBTYPE)})
    assert stored is not None
    assert [stored["_id"].subtype, stored["network_id"].subtype] == [UUID_SUBTYPE] * 2
    assert UUID(bytes=bytes(stored["_id"])) == id


async def test_ids_ascend_in_the_database_as_they_were_made(ours: Collection) -> None:
    ids = [new_id() for _ in range(50)]
    await ours.insert_many([{"_id": id, "name": "x"} for id in reversed(ids)])
    found = await ours.find({"name": "x"}, sort=[("_id", ASCENDING)], limit=50)
    assert [document["_id"] for document in found] == ids
    page = await ours.find({"name": "x", "_id": {"$lt": ids[20]}}, sort=[("_id", -1)], limit=5)
    assert [document["_id"] for document in page] == ids[19:14:-1]


async def test_a_plan_tells_an_index_scan_from_a_collection_scan(
    database: Database, ours: Collection
) -> None:
    plain = database.collection("plain", ours.network_id)  # without an index beside that of _id
    for collection in (ours, plain):
        await collection.insert_many([{"name": "x", "other": n} for n in range(50)])
    assert "IXSCAN" in str(await ours.plan({"name": "x"}, [("name", ASCENDING)]))
    assert "COLLSCAN" in str(await plain.plan({"name": "x"}, [("name", ASCENDING)]))


async def test_collections_and_indexes_may_be_made_by_many_at_once_and_again(
    database: Database, mongodb_uri: str, unique: str
) -> None:
    indexes = {
        name: [
            IndexModel([("network_id", ASCENDING), ("n", ASCENDING)], name="n", unique=True),
            IndexModel([("at", ASCENDING)], name="at", sparse=True),
        ]
        for name in ("a", "b", "c")
    }

    async def make() -> None:
        async with mongo.connect(mongodb_uri, f"kith_{unique}") as own:
            await own.create_collections(indexes)

    await asyncio.gather(*(make() for _ in range(6)))
    await database.create_collections(indexes)
    for name in indexes:
        assert set(await database.unscoped(name).index_information()) == {"_id_", "n", "at"}


async def test_a_server_that_is_not_there_is_away() -> None:
    uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"
    async with mongo.connect(uri, "nowhere") as database:
        with pytest.raises(ServerSelectionTimeoutError) as caught:
            await database.ping()
    assert mongo.is_away(caught.value)


async def test_a_server_that_is_there_answers(database: Database) -> None:
    await database.ping()
