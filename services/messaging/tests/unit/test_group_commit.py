"""Group commit: each message stands for itself, whatever happens to the others of its group."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from common.mongo import BulkWriteError, Document, DuplicateKeyError
from messaging.adapters.group_commit import MAX_GROUP, GroupCommit
from pymongo.errors import AutoReconnect

from services.messaging.tests.fakes import WaitingDatabase, others_first


class Bench:
    """A group commit, what it was asked, and what it told."""

    def __init__(self) -> None:
        self.database = WaitingDatabase()
        self.collection = self.database.one
        self.told: list[Document] = []
        self.commit = GroupCommit(self.database, "messages", self.told.extend)

    async def send(self, *ids: int) -> list[asyncio.Task[None]]:
        """Hand in documents; returns when they wait."""
        tasks = [asyncio.create_task(self.commit.insert({"_id": id})) for id in ids]
        await self.settle()
        return tasks

    async def answer(self, error: Exception | None = None) -> None:
        """End the write that is under way; returns when what follows has begun."""
        self.collection.error = error
        self.collection.go.release()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await others_first()

    def groups(self) -> list[list[int]]:
        return [[document["_id"] for document in group] for group in self.collection.groups]


def failures(tasks: Sequence[asyncio.Task[None]]) -> list[type[BaseException] | None]:
    found = []
    for task in tasks:
        assert task.done()
        error = task.exception()
        found.append(type(error) if error else None)
    return found


def refused(code: int, *indexes: int, **more: Any) -> BulkWriteError:
    errors = [{"index": index, "code": code, "errmsg": "no"} for index in indexes]
    return BulkWriteError({"writeErrors": errors, **more})


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_what_arrives_during_a_write_is_stored_together_by_the_next(bench: Bench) -> None:
    first = await bench.send(1)
    rest = await bench.send(2, 3, 4)
    assert not any(task.done() for task in first + rest)
    await bench.answer()
    assert failures(first) == [None]
    assert not any(task.done() for task in rest)
    await bench.answer()
    assert failures(rest) == [None] * 3
    assert bench.groups() == [[1], [2, 3, 4]]
    again = await bench.send(5)  # after a pause, too
    await bench.answer()
    assert failures(again) == [None]
    assert [document["_id"] for document in bench.told] == [1, 2, 3, 4, 5]


async def test_a_group_has_its_limit(bench: Bench) -> None:
    first = await bench.send(-1)
    tasks = await bench.send(*range(MAX_GROUP + 1))
    for _ in range(3):
        await bench.answer()
    assert [len(group) for group in bench.groups()] == [1, MAX_GROUP, 1]
    assert failures(first + tasks) == [None] * (MAX_GROUP + 2)


async def test_a_duplicate_fails_alone_and_is_not_told_of(bench: Bench) -> None:
    before = await bench.send(0)
    group = await bench.send(1, 2, 3)
    await bench.answer()
    await bench.answer(refused(11000, 1))
    assert failures(before + group) == [None, None, DuplicateKeyError, None]
    assert [document["_id"] for document in bench.told] == [0, 1, 3]


async def test_another_refusal_is_no_duplicate(bench: Bench) -> None:
    tasks = await bench.send(1)
    await bench.answer(refused(121, 0))
    assert failures(tasks) == [BulkWriteError]
    assert not bench.told


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("gone"), BulkWriteError({"writeErrors": []}), ValueError("a bug"),
        refused(11000, 0, writeConcernErrors=[{"code": 64, "errmsg": "not in time"}]),
    ],
)  # fmt: skip
async def test_a_database_that_fails_fails_all_of_the_group_and_not_the_next(
    bench: Bench, error: Exception
) -> None:
    group = await bench.send(0)
    group += await bench.send(1, 2)
    await bench.answer()
    after = await bench.send(3)
    await bench.answer(error)
    assert failures(group) == [None, type(error), type(error)]
    await bench.answer()
    assert failures(after) == [None]
    assert [document["_id"] for document in bench.told] == [0, 3]


async def test_a_sender_who_goes_away_does_not_disturb_the_others(bench: Bench) -> None:
    first = await bench.send(0)
    gone, stays = await bench.send(1, 2)
    gone.cancel()
    await bench.answer()
    await bench.answer()
    assert gone.cancelled()
    assert failures([*first, stays]) == [None, None]
    assert [document["_id"] for document in bench.told] == [0, 1, 2]  # it may be stored, and is


async def test_a_sender_who_goes_away_while_her_group_is_refused_disturbs_nobody(
    bench: Bench,
) -> None:
    gone, stays = await bench.send(1, 2)
    gone.cancel()
    await bench.answer(refused(11000, 0))
    assert failures([stays]) == [None]
    assert [document["_id"] for document in bench.told] == [2]
