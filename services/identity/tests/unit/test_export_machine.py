"""Collecting an export, killed before and after every write: whatever happens, every page is there
once, in order, and opens with the secret alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from common.auth import Caller
from common.errors import Invalid, Unavailable
from common.testing.clock import FakeClock
from identity.adapters.export_seal import X25519Seal
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.application.collect_export import Collect
from identity.application.exporting import Exporting
from identity.application.outgoing_mail import Outgoing
from identity.domain.account import Account
from identity.domain.errors import (
    AccountNotFound,
    ExportExists,
    ExportLinkInvalid,
    ExportNotReady,
)
from identity.domain.export import LIFE, Export, Part
from identity.domain.mail import Kind

from services.identity.tests.builders import NETWORK, NOW, a_caller, a_member
from services.identity.tests.fakes import FakeDirectory
from services.identity.tests.fakes_export import FakeExports

PAGES = {"identity": 1, "community": 3, "messaging": 2}
WANTED = [f"{name} {n}".encode() for name, pages in PAGES.items() for n in range(pages)]


class Killed(BaseException):
    """The process is gone."""


class MortalExports(FakeExports):
    """Dies at the write that `fuse` counts down to: at an even one before it, else behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.fuse = -1

    def _burn(self) -> None:
        self.fuse -= 1
        if self.fuse == -1:
            raise Killed

    async def save(self, export: Export) -> None:
        self._burn()
        await super().save(export)
        self._burn()

    async def add_part(self, export: Export, part: Part) -> Part:
        self._burn()
        added = await super().add_part(export, part)
        self._burn()
        return added


class FakeSource:
    """Implements export_ports.Source: so many pages; what it says changes each time it is asked."""

    def __init__(self, name: str, pages: int) -> None:
        self._name, self._pages = name, pages
        self.away = False

    async def __call__(self, account: Account, page_token: str) -> tuple[bytes, str]:
        if self.away:
            raise Unavailable("away")
        number = int(page_token or 0)
        following = str(number + 1) if number + 1 < self._pages else ""
        return f"{self._name} {number}".encode(), following


class World:
    """A directory that can be killed, a member in it, and what collects her export."""

    def __init__(self, pages: Mapping[str, int] = PAGES) -> None:
        self.directory, self.clock, self.seal = FakeDirectory(), FakeClock(NOW), X25519Seal()
        self.exports = MortalExports()
        self.directory.put_exports(NETWORK, self.exports)
        self.account, _ = a_member()
        self.caller: Caller = a_caller(id=self.account.id)
        self.sources = {name: FakeSource(name, count) for name, count in pages.items()}
        self.exporting = Exporting(self.directory, self.seal, tuple(pages), self.clock)
        outgoing = Outgoing(
            self.directory.mails, MailSeal(MasterKey(bytes(32))), KeyedDigest(b"m" * 32), self.clock
        )
        self.collect = Collect(self.directory, self.sources, self.seal, outgoing, self.clock)

    async def begin(self) -> str:
        await self.directory.accounts(NETWORK).add(self.account, ())
        _, secret = await self.exporting.create(self.caller)
        return secret

    async def round(self) -> None:
        """Do what is due, as the clock does."""
        current = await self.exports.get(self.account.id)
        while current is not None and current.due_at and current.due_at <= self.clock.now():
            current = await self.collect.step(current)

    async def read(self, secret: str) -> list[bytes]:
        found, number = [], 0
        while True:
            opened = await self.exporting.read(self.caller, secret, number)
            found.append(opened.content)
            if opened.next is None:
                return found
            number = opened.next


@pytest.mark.parametrize("fuse", range(4 * len(WANTED) + 1))
async def test_killed_at_any_write_everything_is_there_once(fuse: int) -> None:
    world = World()
    secret = await world.begin()
    world.exports.fuse = fuse
    try:
        await world.round()
        died = False
    except Killed:
        died = True
    assert died == (fuse < 4 * len(WANTED)), "the fuse covers every write and no more"
    await world.round()
    assert await world.read(secret) == WANTED
    assert len(world.exports.parts) == len(WANTED)
    assert [mail.kind for mail in await world.directory.mails.due(world.clock.now(), 9)] == [
        Kind.EXPORT_READY
    ]


async def test_two_processes_at_once_come_to_the_same() -> None:
    world = World()
    secret = await world.begin()
    stale = await world.exports.get(world.account.id)
    assert stale is not None
    await world.collect.step(stale)
    assert await world.collect.step(stale) is None  # this one was slower
    await world.round()
    assert await world.read(secret) == WANTED


async def test_a_service_that_is_away_is_asked_again_later_and_the_rest_waits() -> None:
    world = World()
    secret = await world.begin()
    world.sources["community"].away = True
    await world.round()
    waiting = await world.exporting.get(world.caller)
    assert waiting is not None
    assert (waiting.done, waiting.ready, waiting.tries) == (1, False, 1)
    with pytest.raises(ExportNotReady):
        await world.exporting.read(world.caller, secret, 0)
    world.sources["community"].away = False
    await world.round()
    assert (await world.exports.get(world.account.id)) == waiting, "not before it is due"
    world.clock.advance(timedelta(minutes=1))
    await world.round()
    assert await world.read(secret) == WANTED


async def test_only_the_secret_opens_it_and_only_its_owner_may_try() -> None:
    world, other = World(), World()
    secret, others = await world.begin(), await other.begin()
    await world.round()
    for wrong in (others, "", "x", secret[:-1], secret + "A", "é"):
        with pytest.raises(ExportLinkInvalid):
            await world.exporting.read(world.caller, wrong, 0)
    with pytest.raises(ExportLinkInvalid):
        await world.exporting.read(a_caller(), secret, 0)
    with pytest.raises(Invalid):
        await world.exporting.read(world.caller, secret, len(WANTED))


async def test_it_expires_whether_or_not_the_database_has_swept_it() -> None:
    world = World()
    secret = await world.begin()
    await world.round()
    world.clock.advance(LIFE - timedelta(milliseconds=1))
    assert await world.read(secret) == WANTED
    world.clock.advance(timedelta(milliseconds=1))
    with pytest.raises(ExportLinkInvalid):
        await world.exporting.read(world.caller, secret, 0)
    assert await world.exporting.get(world.caller) is None
    _, newer = await world.exporting.create(world.caller)  # takes the place of the expired one
    await world.round()
    assert await world.read(newer) == WANTED
    assert len(world.exports.parts) == len(WANTED)


async def test_there_is_one_at_a_time_and_another_after_it_was_deleted() -> None:
    world = World()
    secret = await world.begin()
    with pytest.raises(ExportExists):
        await world.exporting.create(world.caller)
    await world.round()
    await world.exporting.delete(world.caller)
    await world.exporting.delete(world.caller)
    assert world.exports.parts == {}
    with pytest.raises(ExportLinkInvalid):
        await world.exporting.read(world.caller, secret, 0)
    await world.exporting.create(world.caller)


async def test_one_that_is_deleted_while_a_page_is_on_its_way_leaves_nothing() -> None:
    world = World()
    await world.begin()
    current = await world.exports.get(world.account.id)
    assert current is not None
    await world.exporting.delete(world.caller)
    assert await world.collect.step(current) is None
    assert world.exports.parts == {}


async def test_who_has_closed_her_account_gets_none_and_keeps_none() -> None:
    world = World()
    await world.begin()
    closed, _ = world.account.close(world.clock.now())
    await world.directory.accounts(NETWORK).save(closed, ())
    await world.round()
    assert await world.exports.get(world.account.id) is None
    with pytest.raises(AccountNotFound):
        await world.exporting.create(world.caller)
