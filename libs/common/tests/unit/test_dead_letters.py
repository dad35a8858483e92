"""The limit on dead letters: a few are set aside, many stop the consumer."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from common.errors import Invalid
from common.kafka_consumer import DlqLimitReached
from common.kafka_consumer.dead_letters import WINDOW, DeadLetters
from common.kafka_producer import Headers, Producer


class Sent:
    """A producer that acknowledges at once."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, bytes, Headers]] = []

    async def send(
        self, topic: str, *, key: str, value: bytes, headers: Headers
    ) -> asyncio.Future[Any]:
        self.records.append((topic, key, value, headers))
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def _record(offset: int, partition: int = 0) -> Any:
    return SimpleNamespace(
        topic="t", partition=partition, offset=offset, key=None, value=None, headers=()
    )


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def letters(sent: Sent) -> DeadLetters:
    return DeadLetters("g.v1", cast(Producer, sent))


async def test_five_in_a_row_are_set_aside_and_the_sixth_stops(
    letters: DeadLetters, sent: Sent
) -> None:
    for offset in range(10, 15):
        await letters.set_aside(_record(offset), Invalid("no"), 1)
    with pytest.raises(DlqLimitReached) as caught:
        await letters.set_aside(_record(15), Invalid("no"), 1)
    assert len(sent.records) == 5
    assert {where.partition: at for where, at in caught.value.rewind.items()} == {0: 10}


async def test_a_row_over_partitions_rewinds_each_to_where_it_began(letters: DeadLetters) -> None:
    for offset, partition in [(4, 0), (9, 1), (5, 0), (6, 0), (10, 1)]:
        await letters.set_aside(_record(offset, partition), Invalid("no"), 1)
    with pytest.raises(DlqLimitReached) as caught:
        await letters.set_aside(_record(7), Invalid("no"), 1)
    assert {where.partition: at for where, at in caught.value.rewind.items()} == {0: 4, 1: 9}


async def test_a_good_record_ends_the_row(letters: DeadLetters, sent: Sent) -> None:
    for offset in range(9):
        await letters.set_aside(_record(offset), Invalid("no"), 1)
        if offset % 4 == 3:
            letters.good()
    assert len(sent.records) == 9


async def test_more_than_one_in_a_hundred_stops_without_a_row(letters: DeadLetters) -> None:
    for offset in range(WINDOW):
        if offset % 100 == 99:
            await letters.set_aside(_record(offset), Invalid("no"), 1)
        else:
            letters.good()
    with pytest.raises(DlqLimitReached, match="more than 1%") as caught:
        await letters.set_aside(_record(WINDOW), Invalid("no"), 1)
    assert caught.value.rewind == {}


async def test_the_share_is_not_asked_of_a_few_records(letters: DeadLetters, sent: Sent) -> None:
    for offset in range(0, WINDOW // 2, 2):
        await letters.set_aside(_record(offset), Invalid("no"), 1)
        letters.good()
    assert len(sent.records) == WINDOW // 4
