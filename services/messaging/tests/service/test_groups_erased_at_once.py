"""What is erased of groups while something else happens to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from messaging.adapters.conversation_keys import DESTROYED
from messaging.adapters.erasing import STEPS
from messaging.adapters.mongo import Networks
from messaging.application.noting import Writing
from messaging.domain.message import place_notice
from messaging.domain.roster import joined

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, a_group, a_writing
from services.messaging.tests.service.test_groups_leave_nothing import everything


@pytest.fixture
async def writing(networks: Networks) -> Writing:
    for member_id in (ADA, BEN, CAT):
        await networks.members(NETWORK).add(member_id)
    return a_writing(networks.of(NETWORK))


@pytest.fixture
def eraser(networks: Networks, database: Database) -> Eraser:
    return Eraser("messaging", database, STEPS, SystemClock())


async def stored(database: Database, id: UUID) -> dict[str, Any]:
    found = await database.unscoped("conversations").find_one({"_id": id})
    assert found is not None
    return dict(found)


async def test_who_came_and_is_not_on_the_lists_yet_was_in_it(
    writing: Writing, networks: Networks, eraser: Eraser, database: Database
) -> None:
    """Ben's notice is stored, and his process dies before it keeps the roster."""
    group, messages = await a_group(writing, ADA), writing.network.messages
    end = await messages.tail(group.id)
    assert end is not None
    notice = joined(group.roster, BEN, end.sequence + 1)
    assert notice is not None
    placed = place_notice(notice, new_id(), group.id, BEN, NOW, end)
    await messages.add(group.under(notice.roster), placed)
    await eraser.erase(NETWORK, ADA, new_id())
    kept = await stored(database, group.id)
    assert kept["member_ids"] == [BEN]
    assert len(kept["past_ids"]) == 2
    assert BEN in kept["past_ids"]
    assert kept["key_id"] != DESTROYED
    assert str(ADA) not in str(await everything(database))
    await eraser.erase(NETWORK, BEN, new_id())
    assert (await stored(database, group.id))["key_id"] == DESTROYED
