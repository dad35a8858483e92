"""The rules that each service that ran has said in its database, held against what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from common.retention import COLLECTION, Fate
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout

from kith_cli.retaining.kept import Kept, expiry

LATE = timedelta(minutes=10)
"""The database looks once a minute, and may be busy."""
PATIENCE_MILLIS = 10_000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

Document = dict[str, Any]


def look(uri: str, names: Sequence[str], now: datetime) -> Iterator[Kept]:
    """One answer for each rule of each database, and for whatever has none. Raises PyMongoError."""
    with MongoClient[Document](uri, tz_aware=True) as client:
        for name in names:
            yield from _database(client[name], now)


def _database(database: Database[Document], now: datetime) -> Iterator[Kept]:
    rules = list(database[COLLECTION].find().sort("place", 1))
    if not rules:
        yield Kept(database.name, "", "", problem="has said no rules: did its service ever start?")
        return
    ruled = {rule["collection"] for rule in rules}
    for rule in rules:
        yield _rule(database, rule, now)
    for name in sorted(set(database.list_collection_names()) - ruled):
        count = database[name].estimated_document_count()
        yield Kept(f"{database.name}.{name}", "", "", count, problem="has no rule")


def _rule(database: Database[Document], rule: Mapping[str, Any], now: datetime) -> Kept:
    collection, since = database[rule["collection"]], rule["since"]
    after = timedelta(seconds=rule["after_seconds"])
    expires = rule["fate"] == Fate.EXPIRES
    said = expiry(since, after) if expires else rule["fate"]
    place, kind = f"{database.name}.{rule['collection']}", rule["kind"]
    if not expires:
        count = collection.estimated_document_count()
        return Kept(place, kind, said, count, _oldest(database, rule) if since else None)
    count = collection.count_documents({since: {"$gt": _EVER}})
    overdue = collection.count_documents({since: {"$gt": _EVER, "$lt": now - after - LATE}})
    problem = f"{overdue} overdue" if overdue else ""
    if not _removes(database, rule):
        problem = "nothing removes it" + (f", {problem}" if problem else "")
    return Kept(place, kind, said, count, _oldest(database, rule), problem)


def _oldest(database: Database[Document], rule: Mapping[str, Any]) -> datetime | None:
    """The oldest time; None if there is none, or if finding it would hold up the database."""
    since = rule["since"]
    found = database[rule["collection"]].find({since: {"$gt": _EVER}}, {since: 1})
    try:
        oldest = list(found.sort(since, 1).limit(1).max_time_ms(PATIENCE_MILLIS))
    except ExecutionTimeout:
        return None
    at: datetime | None = oldest[0][since] if oldest else None
    return at


def _removes(database: Database[Document], rule: Mapping[str, Any]) -> bool:
    """Whether the database removes what the rule is about, as it says."""
    indexes = database[rule["collection"]].index_information().values()
    wanted = ([rule["since"]], rule["after_seconds"])
    return any(
        ([field for field, _ in index["key"]], index.get("expireAfterSeconds")) == wanted
        for index in indexes
    )
