"""A small aggregate with an outbox, and what its events look like in Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from common import outbox
from common.mongo import Database, Document
from common.outbox import Outgoing
from google.protobuf.wrappers_pb2 import Int64Value

from libs.common.tests import topics

TOPIC = "things.thing.v1"
NAME = "things"
NETWORK = uuid4()


def event(key: UUID, number: int) -> Outgoing:
    """The fact that a thing got a number."""
    return Outgoing(Int64Value(value=number), TOPIC, key, number)


class Things:
    """Writes things: state and event in one write, as a repository does."""

    def __init__(self, database: Database, tag: int | None = None) -> None:
        """`tag` is of the instance that writes; without one it is this process."""
        self.tag = tag
        self.database = database
        self.collection = database.collection(NAME, NETWORK)

    @classmethod
    async def create(cls, database: Database) -> Things:
        """With the index a relay needs."""
        await database.create_collections({NAME: [outbox.INDEX]})
        return cls(database)

    def document(self, id: UUID, *numbers: int, key: UUID | None = None) -> Document:
        """A new thing and the events of its beginning."""
        events = [event(key or id, number) for number in numbers]
        return {
            "_id": id,
            "network_id": NETWORK,
            "n": numbers[-1],
            **outbox.fields(events, self.tag),
        }

    async def insert(self, id: UUID, *numbers: int, key: UUID | None = None) -> Document:
        """Store a new thing."""
        document = self.document(id, *numbers, key=key)
        await self.collection.insert_one(document)
        return document

    async def push(self, id: UUID, *numbers: int) -> bool:
        """Change a thing that exists, if its outbox has room."""
        update = outbox.push(
            [event(id, number) for number in numbers], {"n": numbers[-1]}, self.tag
        )
        return await self.collection.update_one({"_id": id, **outbox.ROOM}, update)

    async def waiting(self) -> int:
        """How many things have anything of an outbox left."""
        left = {"$or": [{name: {"$exists": True}} for name in ("outbox", "outbox_at")]}
        return await self.collection.count(left)


def by_key(records: Sequence[Any]) -> dict[str, list[int]]:
    """The numbers in a log, for each key in order."""
    found: dict[str, list[int]] = {}
    for record in records:
        number = Int64Value.FromString(record.value).value
        found.setdefault(record.key.decode(), []).append(number)
    return found


async def published(kafka: str, topic_prefix: str) -> dict[str, list[int]]:
    """What is in the log."""
    return by_key(await topics.read(kafka, topic_prefix + TOPIC))


def first_appearances(numbers: Sequence[int]) -> list[int]:
    """Without what was published again."""
    return list(dict.fromkeys(numbers))
