"""What signals declares of how long it keeps things is what its database does."""

from __future__ import annotations

from common.mongo import Database
from signals.adapters.mongo import INDEXES
from signals.adapters.retention import RULES

from libs.common.tests.retaining import check


async def test_each_collection_has_a_rule_and_each_rule_what_carries_it_out(
    database: Database,
) -> None:
    await check(database, INDEXES, RULES)
