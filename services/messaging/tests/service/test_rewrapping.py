"""Changing the master key: keys are wrapped anew, messages stay as they are, and a kill at any
moment costs nothing; and words of a time before sealing are sealed on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database
from common.testing.poll import until
from erasure.eraser import Eraser
from messaging.adapters.conversation_keys import DESTROYED, ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.master_keys import FolderKeys
from messaging.adapters.mongo import Networks
from messaging.adapters.rewrapping import BATCH, Rewrapping, UnknownMasterKey
from messaging.application.tails import Tails

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    send,
)
from services.messaging.tests.fakes import Crash
from services.messaging.tests.keys import FakeKeys, write_key
from services.messaging.tests.service.test_sealed_at_rest import as_before, in_clear, raw

MANY = BATCH + 3
NOTHING = {"made": 0, "sealed": 0, "rewrapped": 0}


async def talks(networks: Networks, count: int) -> list[UUID]:
    """Conversations of Ada with a message each."""
    network, tails = networks.of(NETWORK), Tails()
    made = [a_conversation(ADA, new_id()) for _ in range(count)]
    await network.conversations.add(made)
    for one in made:
        draft = a_draft(text=f"words of {one.id}")
        await send(network, tails, conversation_id=one.id, draft=draft)
    return [one.id for one in made]


def anew(database: Database, master_keys: FakeKeys) -> tuple[Rewrapping, ConversationKeys]:
    """As a process that has just started."""
    keys = ConversationKeys(database, master_keys)
    return Rewrapping(database, master_keys, keys), keys


async def assert_readable(database: Database, keys: ConversationKeys, ids: list[UUID]) -> None:
    network = Networks(database, keys, lambda documents: None).of(NETWORK)
    for id in ids:
        found = await network.messages.after(id, 0, 5)
        assert [one.text for one in found] == [f"words of {id}"]


async def test_after_it_the_old_master_key_is_needed_no_more_and_no_message_was_touched(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    ids = await talks(networks, MANY)
    messages = await raw(database, "messages")
    rewrapping, _ = anew(database, master_keys)
    assert await rewrapping.once() == NOTHING
    master_keys.ids.append("m2")
    assert await rewrapping.once() == {**NOTHING, "rewrapped": MANY}
    assert await rewrapping.once() == NOTHING
    master_keys.ids.remove("m1")
    rewrapping, keys = anew(database, master_keys)
    await rewrapping.check()
    await assert_readable(database, keys, ids)
    assert await raw(database, "messages") == messages


@pytest.mark.parametrize("wraps", [0, 1, 7, BATCH])
async def test_killed_half_way_it_goes_on(
    networks: Networks, database: Database, master_keys: FakeKeys, wraps: int
) -> None:
    ids = await talks(networks, BATCH + 1)
    master_keys.ids.append("m2")
    master_keys.crash_after = wraps
    with pytest.raises(Crash):
        await anew(database, master_keys)[0].once()
    master_keys.crash_after = None
    rewrapping, keys = anew(database, master_keys)
    await assert_readable(database, keys, ids)
    assert (await rewrapping.once())["rewrapped"] == BATCH + 1 - wraps
    master_keys.ids.remove("m1")
    await assert_readable(database, anew(database, master_keys)[1], ids)


async def test_a_missing_master_key_is_said_at_the_start(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    await talks(networks, 1)
    master_keys.ids = ["m2"]
    with pytest.raises(UnknownMasterKey, match="the master key m1 is missing"):
        await anew(database, master_keys)[0].check()


async def test_a_key_that_does_not_open_is_left_and_the_others_are_done(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    ids = await talks(networks, 3)
    damaged = {"$set": {"wrapped_key": b"damaged"}}
    await database.collection("conversations", NETWORK).update_one({"_id": ids[1]}, damaged)
    master_keys.ids.append("m2")
    assert (await anew(database, master_keys)[0].once())["rewrapped"] == 2
    left = {one["_id"]: one["key_id"] for one in await raw(database, "conversations")}
    assert left == {ids[0]: "m2", ids[1]: "m1", ids[2]: "m2"}


async def test_words_of_before_are_sealed_and_what_was_erased_stays_empty(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    network, tails, talk = networks.of(NETWORK), Tails(), a_conversation()
    await network.conversations.add([talk])
    for number in range(4):
        draft = a_draft((ADA, BEN)[number % 2], "before")
        await send(network, tails, conversation_id=talk.id, draft=draft)
    await as_before(database, talk.id, "words of before")
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, ADA, new_id())
    assert await in_clear(database)

    rewrapping, keys = anew(database, master_keys)
    assert await rewrapping.once() == {"made": 1, "sealed": 1, "rewrapped": 0}
    assert await rewrapping.once() == NOTHING
    assert not await in_clear(database)
    found = await Networks(database, keys, print).of(NETWORK).messages.after(talk.id, 0, 9)
    assert [one.text for one in found] == ["", "words of before"] * 2


async def test_killed_while_sealing_it_seals_the_rest(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    ids = await talks(networks, 2)
    for id in ids:
        await as_before(database, id, "words of before")
    master_keys.crash_after = 1
    with pytest.raises(Crash):
        await anew(database, master_keys)[0].once()
    master_keys.crash_after = None
    rewrapping, _ = anew(database, master_keys)
    assert await rewrapping.once() == {"made": 1, "sealed": 2, "rewrapped": 0}
    assert not await in_clear(database)


async def test_every_network_is_done_and_what_was_destroyed_stays_so(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    await networks.of(OTHER_NETWORK).conversations.add(
        [a_conversation(ADA, CAT, network_id=OTHER_NETWORK)]
    )
    await networks.of(NETWORK).conversations.add([a_conversation()])
    eraser = Eraser("messaging", database, STEPS, SystemClock())
    for member in (ADA, BEN):
        await eraser.erase(NETWORK, member, new_id())
    master_keys.ids.append("m2")
    rewrapping, _ = anew(database, master_keys)
    assert (await rewrapping.once())["rewrapped"] == 1
    ids = {one["network_id"]: one["key_id"] for one in await raw(database, "conversations")}
    assert ids == {OTHER_NETWORK: "m2", NETWORK: DESTROYED}


async def test_what_is_to_be_done_is_found_by_indexes(
    networks: Networks, database: Database
) -> None:
    for wanted in ({"key_id": "m1"}, {"unsealed": True}):
        plan = (await database.unscoped("conversations").find(wanted).explain())["queryPlanner"]
        assert "IXSCAN" in str(plan["winningPlan"])


async def test_a_service_that_runs_learns_of_a_new_key_and_does_all_by_itself(
    networks: Networks, database: Database, tmp_path: Path
) -> None:
    write_key(tmp_path, "20260101T000000Z", bytes(32))
    wrapper = FolderKeys(tmp_path, SystemClock())
    keys = ConversationKeys(database, wrapper)
    ids = await talks(Networks(database, keys, lambda documents: None), 2)
    working = asyncio.create_task(Rewrapping(database, wrapper, keys).run(every=0.02))
    try:
        next_key = write_key(tmp_path, "20260102T000000Z", bytes(range(32)))

        async def done() -> bool:
            wanted = {"key_id": {"$gte": next_key.stem}}
            return await database.unscoped("conversations").count_documents(wanted) == 2

        await until(done)
        (tmp_path / "20260101T000000Z.key").unlink()
        alone = FolderKeys(tmp_path, SystemClock())
        await assert_readable(database, ConversationKeys(database, alone), ids)
        assert not working.done()
    finally:
        working.cancel()
        await asyncio.wait([working])
