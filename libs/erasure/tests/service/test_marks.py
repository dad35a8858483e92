"""What does this test do? It lets a member be erased at every point at which a service may be that
hears late that she joined, and looks that nothing of her is there in the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database, DuplicateKeyError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.eraser import INDEXES, Eraser
from erasure.marks import COLLECTION, Marks
from erasure.steps import Remove

from libs.erasure.tests.keys import KEY

NETWORK, OTHER, ADA = (new_id() for _ in range(3))


class Rows:
    """Implements marks.Members as services do, and lets something happen in between."""

    def __init__(self, database: Database, network_id: UUID = NETWORK) -> None:
        self._collection = database.collection("members", network_id)
        self.before: Callable[[], Awaitable[object]] | None = None
        self.after: Callable[[], Awaitable[object]] | None = None

    async def add(self, member_id: UUID) -> None:
        if self.before is not None:
            await self.before()
        try:
            await self._collection.insert_one({"_id": member_id})
        except DuplicateKeyError:
            return
        finally:
            if self.after is not None:
                await self.after()

    async def remove(self, member_id: UUID) -> None:
        await self._collection.delete_many({"_id": member_id})

    async def there(self) -> bool:
        return await self._collection.count({"_id": ADA}) == 1


@pytest.fixture
async def marks(database: Database) -> Marks:
    await database.create_collections({**INDEXES, "members": []})
    return Marks(database, KEY)


@pytest.fixture
def erase(database: Database, marks: Marks) -> Callable[[], Awaitable[object]]:
    eraser = Eraser("messaging", database, [Remove("members", "_id")], SystemClock(), marks)
    return lambda: eraser.erase(NETWORK, ADA, new_id())


@pytest.mark.parametrize("when", ["first", "before it is written", "after it is written", "last"])
async def test_whenever_she_is_erased_a_late_event_does_not_bring_her_back(
    database: Database, marks: Marks, erase: Callable[[], Awaitable[object]], when: str
) -> None:
    rows = Rows(database)
    if when == "first":
        await erase()
    rows.before = erase if when == "before it is written" else None
    rows.after = erase if when == "after it is written" else None
    await marks.joined(rows, NETWORK, ADA)
    if when == "last":
        assert await rows.there()
        await erase()
    assert not await rows.there()
    rows.before = rows.after = None
    await marks.joined(rows, NETWORK, ADA)  # and once more, as who reads the topic anew
    assert not await rows.there()


async def test_whoever_was_not_erased_is_known_in_her_own_network(
    database: Database, marks: Marks, erase: Callable[[], Awaitable[object]]
) -> None:
    await erase()
    rows = Rows(database, OTHER)
    await marks.joined(rows, OTHER, ADA)
    await marks.joined(rows, OTHER, ADA)
    assert await rows.there()


async def test_the_mark_says_nothing_without_the_key_of_the_service(
    database: Database, marks: Marks, erase: Callable[[], Awaitable[object]]
) -> None:
    await erase()
    (note,) = await database.unscoped(COLLECTION).find().to_list(None)
    assert await marks.erased(NETWORK, ADA)
    assert not await Marks(database, Ed25519PrivateKey.generate()).erased(NETWORK, ADA)
    assert all(ADA.bytes not in value for value in note.values() if isinstance(value, bytes))
    assert ADA not in note.values()


async def test_the_mark_is_there_before_the_first_of_her_goes(
    database: Database, marks: Marks
) -> None:
    class Look(Remove):
        async def apply(self, database: Database, leaving: object) -> None:
            seen.append(await marks.erased(NETWORK, ADA))

    seen: list[bool] = []
    steps = [Look("members", "_id")]
    await Eraser("messaging", database, steps, SystemClock(), marks).erase(NETWORK, ADA, new_id())
    assert seen == [True]
