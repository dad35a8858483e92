"""A look at cases is told to the audit log first, and there is none while nobody can be told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from common.auth import Access, Caller
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Headers, Producer
from common.testing.clock import FakeClock
from community.adapters.accesses import ACCESS_TOPIC, Accesses
from kith.audit.events.v1 import audit_events_pb2 as events
from policy.authorize import authorize

from services.community.tests.builders import NETWORK, NOW

ADA, GRACE = new_id(), new_id()
LIST = "/kith.community.v1.CaseService/ListCases"


class FakeProducer(Producer):
    """Acknowledges at once, unless it is away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.away = False

    async def send(
        self, topic: str, *, key: str, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.away:
            future.set_exception(KafkaError("away"))
        else:
            self.sent.append((topic, key, value or b""))
            future.set_result(None)
        return future


def a_look(*at: Any) -> Access:
    caller = Caller(GRACE, NETWORK, frozenset({"moderator"}), token="", expires_at=0.0)
    access = Access(authorize, caller, LIST)
    access.lists(at)
    return access


async def test_a_look_is_told_with_who_and_at_whom() -> None:
    producer = FakeProducer()
    await Accesses(producer, FakeClock(NOW)).record(a_look(ADA, GRACE))
    [(topic, key, value)] = producer.sent
    told = events.AccessRecorded.FromString(value)
    assert (topic, key) == (ACCESS_TOPIC, str(NETWORK))
    assert (told.actor_id, list(told.subject_ids), told.action) == (str(GRACE), [str(ADA)], LIST)
    assert told.occur_time.seconds == NOW.timestamp()


async def test_a_look_at_nobody_is_not_told() -> None:
    producer = FakeProducer()
    await Accesses(producer, FakeClock(NOW)).record(a_look())
    assert producer.sent == []


async def test_what_cannot_be_told_does_not_happen() -> None:
    producer = FakeProducer()
    producer.away = True
    with pytest.raises(Unavailable):
        await Accesses(producer, FakeClock(NOW)).record(a_look(ADA))
