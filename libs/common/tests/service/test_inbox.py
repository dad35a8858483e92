"""The inbox: an effect once per event and group, and once more after a crash before the entry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common import inbox
from common.inbox import Inbox
from common.mongo import Database
from common.testing.clock import FakeClock


class Mailbox:
    """An effect elsewhere."""

    def __init__(self) -> None:
        self.mails = 0

    async def send(self) -> None:
        """One more mail."""
        self.mails += 1


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def first(database: Database) -> Inbox:
    await database.create_collections({inbox.COLLECTION: inbox.INDEXES})
    return Inbox(database, "svc.mails.v1", FakeClock())


async def test_an_effect_happens_once_for_an_event(first: Inbox, mailbox: Mailbox) -> None:
    assert await first.once("e1", mailbox.send)
    assert not await first.once("e1", mailbox.send)
    assert await first.once("e2", mailbox.send)
    assert mailbox.mails == 2


async def test_another_process_of_the_group_knows(
    first: Inbox, database: Database, mailbox: Mailbox
) -> None:
    await first.once("e1", mailbox.send)
    again = Inbox(database, "svc.mails.v1", FakeClock())
    assert not await again.once("e1", mailbox.send)
    assert mailbox.mails == 1


async def test_another_group_has_its_own_effect(
    first: Inbox, database: Database, mailbox: Mailbox
) -> None:
    await first.once("e1", mailbox.send)
    assert await Inbox(database, "svc.calls.v1", FakeClock()).once("e1", mailbox.send)
    assert mailbox.mails == 2


async def test_an_effect_that_fails_is_not_noted(first: Inbox, mailbox: Mailbox) -> None:
    async def fail() -> None:
        raise ConnectionError("no post today")

    with pytest.raises(ConnectionError):
        await first.once("e1", fail)
    assert await first.once("e1", mailbox.send)
    assert mailbox.mails == 1


async def test_a_crash_between_effect_and_entry_repeats_the_effect_once(
    first: Inbox, mailbox: Mailbox
) -> None:
    class Crash(BaseException):
        pass

    async def send_and_die() -> None:
        await mailbox.send()
        raise Crash

    with pytest.raises(Crash):
        await first.once("e1", send_and_die)
    assert await first.once("e1", mailbox.send)
    assert not await first.once("e1", mailbox.send)
    assert mailbox.mails == 2


async def test_two_at_the_same_time_both_say_it_ran(
    first: Inbox, database: Database, mailbox: Mailbox
) -> None:
    other = Inbox(database, "svc.mails.v1", FakeClock())

    async def send_while_the_other_does() -> None:
        assert await other.once("e1", mailbox.send)

    assert await first.once("e1", send_while_the_other_does)
    assert not await first.once("e1", mailbox.send)


async def test_entries_are_kept_twice_as_long_as_a_topic_and_then_dropped(
    first: Inbox, database: Database, mailbox: Mailbox
) -> None:
    await first.once("e1", mailbox.send)
    indexes = await database.unscoped(inbox.COLLECTION).index_information()
    (ttl,) = [index for index in indexes.values() if "expireAfterSeconds" in index]
    assert timedelta(seconds=ttl["expireAfterSeconds"]) == timedelta(days=14)
    assert [name for name, _ in ttl["key"]] == ["taken_at"]
    (entry,) = await database.unscoped(inbox.COLLECTION).find().to_list(None)
    assert entry == {"_id": "svc.mails.v1:e1", "taken_at": FakeClock().now()}
