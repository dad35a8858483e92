"""What is erased of groups while something else happens to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Collection, Database, Document
from erasure.eraser import Eraser
from erasure.steps import Leaving
from messaging.adapters.conversation_keys import DESTROYED, ConversationKeys
from messaging.adapters.erasing import STEPS, Messages
from messaging.adapters.erasing_groups import go
from messaging.adapters.mongo import Networks
from messaging.adapters.mongo_conversations import MongoConversations
from messaging.application.noting import Writing
from messaging.domain.message import place_notice
from messaging.domain.roster import joined, left

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    a_draft,
    a_group,
    a_writing,
    send,
)
from services.messaging.tests.keys import FakeKeys
from services.messaging.tests.service.test_groups_leave_nothing import everything, leaves


@pytest.fixture
async def writing(networks: Networks) -> Writing:
    for member_id in (ADA, BEN, CAT):
        await networks.members(NETWORK).add(member_id)
    return a_writing(networks.of(NETWORK))


@pytest.fixture
def eraser(networks: Networks, database: Database) -> Eraser:
    return Eraser("messaging", database, STEPS, SystemClock())


class Meanwhile:
    """A collection, or a database with such: once what is asked for by `field` was read,
    something else happens before anything is written."""

    def __init__(self, real: Any, field: str, then: Callable[[], Awaitable[object]]) -> None:
        self._real, self._field = real, field
        self._then: Callable[[], Awaitable[object]] | None = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def collection(self, name: str, network_id: UUID) -> Any:
        found = self._real.collection(name, network_id)
        if name != "messages" or self._then is None:
            return found
        return Meanwhile(found, self._field, self._happens)

    async def find(self, filter: Document, **more: Any) -> Any:
        return await self._followed(filter, await self._real.find(filter, **more))

    async def find_one(self, filter: Document, *more: Any, **others: Any) -> Any:
        return await self._followed(filter, await self._real.find_one(filter, *more, **others))

    async def _followed(self, filter: Document, found: Any) -> Any:
        if self._field in filter:
            await self._happens()
        return found

    async def _happens(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            await then()

    @property
    def happened(self) -> bool:
        return self._then is None


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


@pytest.mark.parametrize("reads", ["named", "sender_id"])
async def test_of_two_erased_at_once_none_writes_the_other_back(
    writing: Writing, eraser: Eraser, database: Database, reads: str
) -> None:
    """Ben, whose word the title is, is erased between a read and a write of Ada's erasure."""
    await a_group(writing, BEN, ADA, CAT)
    between = Meanwhile(database, reads, lambda: eraser.erase(NETWORK, BEN, new_id()))
    await Messages().apply(cast(Database, between), Leaving(NETWORK, ADA, new_id()))
    assert between.happened
    assert str(BEN) not in str(await everything(database))
    await eraser.erase(NETWORK, ADA, new_id())
    rest = await everything(database)
    assert str(ADA) not in str(rest)
    assert str(BEN) not in str(rest)
    assert {one["notice"]["title"] for one in rest if "notice" in one} == {""}


async def test_that_she_goes_does_not_name_her_as_who_spoke_last(
    writing: Writing, database: Database
) -> None:
    group, network = await a_group(writing, ADA, BEN), writing.network
    await send(network, writing.tails, conversation_id=group.id, draft=a_draft(ADA))
    leaving = Leaving(NETWORK, ADA, new_id())
    await go(database, await stored(database, group.id), leaving)
    [last] = await network.messages.before(group.id, None, 1)
    assert last.notice is not None
    assert last.notice.spoke == leaving.stand_in


async def test_who_was_erased_does_not_come_back_by_a_roster_that_is_kept(
    writing: Writing, eraser: Eraser, database: Database, master_keys: FakeKeys
) -> None:
    """Ada left long ago; Cat leaves, and her notice is not seen by Ada's erasure."""
    group, network = await a_group(writing, ADA, BEN, CAT), writing.network
    await leaves(writing, group, ADA)
    known = await network.conversations.get(group.id)
    assert known is not None
    notice = left(known.roster, CAT, known.roster.at + 1)
    assert notice is not None
    between = Meanwhile(
        database.collection("conversations", NETWORK), "_id",
        lambda: eraser.erase(NETWORK, ADA, new_id()),
    )  # fmt: skip
    keys = ConversationKeys(database, master_keys)
    conversations = MongoConversations(cast(Collection, between), keys, {})
    await conversations.keep(group.id, notice.roster)
    assert between.happened
    kept = await stored(database, group.id)
    assert kept["member_ids"] == [BEN]
    assert {BEN, CAT} < set(kept["past_ids"])
    assert ADA not in kept["past_ids"]
