"""Whether what a service declares of how long it keeps things is what its database does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.mongo import Database, IndexModel
from common.retention import COLLECTION, Fate, Rule, declare


async def check(
    database: Database, indexes: Mapping[str, Sequence[IndexModel]], rules: Sequence[Rule]
) -> None:
    """Make the collections as the service does, and compare; AssertionError says what differs."""
    await database.create_collections(indexes)
    await declare(database, rules)
    there = set(await database.unscoped(COLLECTION).database.list_collection_names())
    assert {rule.collection for rule in rules} | {COLLECTION} == there, "a rule for each collection"
    assert all(rule.why for rule in rules), "every rule says why"
    assert len({(rule.collection, rule.kind) for rule in rules}) == len(rules)
    expiring = {
        (rule.collection, rule.since, round(rule.after.total_seconds()))
        for rule in rules
        if rule.fate is Fate.EXPIRES
    }
    assert expiring == {entry async for entry in _removals(database, there)}


async def _removals(database: Database, names: set[str]) -> Any:
    """What the database removes by itself: collection, time, seconds."""
    for name in names:
        for index in (await database.unscoped(name).index_information()).values():
            if "expireAfterSeconds" in index:
                [(field, _)] = index["key"]
                yield name, field, round(index["expireAfterSeconds"])
