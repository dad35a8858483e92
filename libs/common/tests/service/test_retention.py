"""Rules of retention: said in the database, and carried out by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.clock import SystemClock
from common.mongo import ASCENDING, Database, IndexModel
from common.retention import COLLECTION, THESE, Fate, Rule, declare
from common.testing.poll import until

from libs.common.tests.retaining import check

DAY = timedelta(days=1)
NOTES = Rule("notes", "notes", Fate.EXPIRES, "for a day", "made_at", DAY, unheld="of nobody")
THINGS = Rule("things", "things", Fate.KEPT, "they are things", "made_at")
INDEXES = {
    "notes": [IndexModel([("made_at", ASCENDING)], name="expired", expireAfterSeconds=86_400)],
    "things": [],
}


async def said(database: Database) -> list[str]:
    found = database.unscoped(COLLECTION).find().sort("place", ASCENDING)
    return [f"{one['_id']}, {one['fate']}, {one['after_seconds']}" async for one in found]


async def test_what_holds_now_is_said_in_place_of_what_held(database: Database) -> None:
    these = "retention: these rules, kept, 0"
    await declare(database, [NOTES, THINGS])
    assert await said(database) == [
        "notes: notes, expires, 86400",
        "things: things, kept, 0",
        these,
    ]
    await declare(database, [replace(NOTES, after=2 * DAY)])
    assert await said(database) == ["notes: notes, expires, 172800", these]


@pytest.mark.timeout(240)  # the database looks once a minute
async def test_what_is_too_old_the_database_removes_and_nothing_else(database: Database) -> None:
    await check(database, INDEXES, [NOTES, THINGS])
    now, notes = SystemClock().now(), database.unscoped("notes")
    await notes.insert_many(
        [
            {"_id": "old", "made_at": now - 2 * DAY},
            {"_id": "young", "made_at": now},
            {"_id": "none"},
        ]
    )

    async def gone() -> bool:
        return await notes.count_documents({"_id": "old"}) == 0

    await until(gone, every=0.5)
    assert await notes.count_documents({}) == 2


@pytest.mark.parametrize(
    "rules",
    [
        [NOTES],  # a collection without a rule
        [NOTES, THINGS, replace(THINGS, collection="others")],  # a rule of nothing
        [
            replace(NOTES, fate=Fate.KEPT, after=timedelta(0), unheld=""),
            THINGS,
        ],  # removed, and not said
        [replace(NOTES, after=2 * DAY), THINGS],  # said otherwise
        [replace(NOTES, since="seen_at"), THINGS],
        [
            NOTES,
            THINGS,
            replace(THINGS, kind="more", fate=Fate.EXPIRES, unheld="of nobody"),
        ],  # said, and not removed
        [NOTES, replace(THINGS, why="")],
    ],
    ids=["no-rule", "no-collection", "not-said", "too-long", "since", "not-removed", "no-why"],
)
async def test_a_rule_that_is_not_true_is_found(database: Database, rules: list[Rule]) -> None:
    with pytest.raises(AssertionError):
        await check(database, INDEXES, rules)


def test_a_rule_that_makes_no_sense_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="since when"):
        replace(NOTES, since="")
    with pytest.raises(ValueError, match="only what expires"):
        replace(THINGS, after=DAY)
    with pytest.raises(ValueError, match="what a legal hold does"):
        replace(NOTES, unheld="")
    with pytest.raises(ValueError, match="what a legal hold does"):
        replace(THINGS, whose="member_id")
    with pytest.raises(ValueError, match="itself when it ends"):
        replace(NOTES, unheld="", whose="member_id")
    assert THESE.fate is Fate.KEPT
