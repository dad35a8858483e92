"""`kith retention` on a real database and broker: what is as declared, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from common.kafka_producer import Producer
from common.mongo import ASCENDING, Database, IndexModel
from common.retention import Fate, Rule, declare
from common.testing.pytest_plugin import CreateTopics
from kith_cli.local.topics import FOREVER, Topic
from kith_cli.retaining import databases, topics
from kith_cli.retaining.kept import Kept

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOTES = Rule("notes", "notes", Fate.EXPIRES, "for a day", "made_at", 3650 * DAY, unheld="of nobody")
THINGS = Rule("things", "things", Fate.KEPT, "they are things", "made_at")
INDEX = IndexModel([("made_at", ASCENDING)], expireAfterSeconds=3650 * 86_400)


async def looked(database: Database, mongodb_uri: str, now: datetime = NOW) -> dict[str, Kept]:
    """What is said of each collection."""
    name = database.unscoped("x").database.name
    found = databases.look(mongodb_uri, [name], now)
    return {one.place.removeprefix(name).removeprefix("."): one for one in found}


async def test_what_is_as_declared_is_told_with_the_oldest(
    database: Database, mongodb_uri: str
) -> None:
    await database.create_collections({"notes": [INDEX], "things": []})
    await declare(database, [NOTES, THINGS])
    aged: list[Any] = [{"made_at": NOW - 9 * DAY}, {"made_at": NOW}, {"of": "another kind"}]
    await database.unscoped("notes").insert_many(aged)
    await database.unscoped("things").insert_many([{"made_at": NOW - DAY}, {}])
    found = await looked(database, mongodb_uri)
    notes, things = found["notes"], found["things"]
    assert (notes.rule, notes.count, notes.oldest) == ("3650 d after made_at", 2, NOW - 9 * DAY)
    assert (things.rule, things.count, things.oldest) == ("kept", 2, NOW - DAY)
    assert not any(one.problem for one in found.values())
    assert found.keys() == {"notes", "things", "retention"}


async def test_what_is_overdue_or_removed_by_nothing_or_has_no_rule_is_told(
    database: Database, mongodb_uri: str
) -> None:
    await database.create_collections({"notes": [INDEX], "others": []})
    await declare(database, [NOTES, replace(NOTES, collection="things", after=DAY)])
    await database.unscoped("notes").insert_one({"made_at": NOW})
    await database.unscoped("things").insert_one({"made_at": NOW - 2 * DAY})
    just = await looked(database, mongodb_uri, NOW + 3650 * DAY + databases.LATE)
    late = await looked(database, mongodb_uri, NOW + 3650 * DAY + databases.LATE + DAY)
    assert (just["notes"].problem, late["notes"].problem) == ("", "1 overdue")
    assert just["things"].problem == "nothing removes it, 1 overdue"
    assert just["others"].problem == "has no rule"


async def test_a_database_whose_service_never_said_anything_is_told(
    database: Database, mongodb_uri: str
) -> None:
    [(_, found)] = (await looked(database, mongodb_uri)).items()
    assert found.problem.startswith("has said no rules")


async def test_topics_are_held_against_what_the_broker_keeps(
    kafka: str, topic_prefix: str, create_topics: CreateTopics, producer: Producer
) -> None:
    await create_topics("here", "empty")
    await (await producer.send("here", key="k", value=b"v", headers=[]))
    usual = Topic(f"{topic_prefix}here", 1, 7 * 86_400_000, "delete", "things")
    declared = [
        usual, replace(usual, name=f"{topic_prefix}empty"),
        replace(usual, retention_ms=FOREVER, cleanup="compact"),
        replace(usual, name=f"{topic_prefix}nowhere"),
    ]  # fmt: skip
    here, empty, other, nowhere = await topics.look(kafka, declared, datetime.now(UTC))  # noqa: TID251  # as the broker's clock
    assert (here.kind, here.rule, here.count, here.problem) == ("things", "7 d", 1, "")
    assert here.oldest is not None
    assert (empty.count, empty.oldest, empty.problem) == (0, None, "")
    assert other.rule == "latest of each key"
    assert other.problem == (
        "cleanup.policy is delete, retention.ms is 604800000, "
        "max.compaction.lag.ms is 9223372036854775807"
    )
    assert nowhere.problem == "is not there"


def test_a_record_that_should_be_gone_is_told() -> None:
    topic = Topic("here", 1, 86_400_000, "delete")
    set_to = {"cleanup.policy": "delete", "retention.ms": "86400000"}
    just = NOW - DAY - topics.SEGMENT
    assert topics.problem(topic, set_to, just, NOW) == ""
    assert topics.problem(topic, set_to, just - DAY, NOW) == "overdue"
