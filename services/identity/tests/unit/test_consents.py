"""Deciding and its records: whatever is killed whenever, they say what held."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import Conflict, Invalid, Unauthenticated
from common.testing.clock import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st
from identity.application.consents import Wanted, decide, get_receipt, list_records
from identity.domain.account import Account, Events, SignalsConsentChanged
from identity.domain.consent import Action, Decision, Method
from identity.domain.errors import ConsentRecordNotFound, ConsentRequired
from identity.domain.role import Role
from identity.domain.text import Purpose

from services.identity.tests.builders import (
    NETWORK,
    NOW,
    TEXTS,
    a_caller,
    a_member,
    a_network,
    a_text,
    an_imported,
    with_text,
)
from services.identity.tests.fakes import FakeAccounts, FakeConsents, FakeDirectory

SIGNALS, RESEARCH = Purpose.SIGNALS, Purpose.RESEARCH


@dataclass(frozen=True, slots=True)
class World:
    """A member, and what is kept of her."""

    directory: FakeDirectory
    clock: FakeClock
    caller: Caller

    @property
    def accounts(self) -> FakeAccounts:
        return self.directory.accounts(NETWORK)

    @property
    def account(self) -> Account:
        return self.accounts.all[self.caller.subject]

    async def decide(
        self, granted: bool, purpose: Purpose = SIGNALS, request: str = "", version: int = 0
    ) -> Decision:
        wanted = Wanted(purpose, granted, version, request)
        return await decide(self.directory, TEXTS, self.clock, self.caller, wanted)

    async def records(self) -> list[Decision]:
        """All, newest first, read in pages of three."""
        found: list[Decision] = []
        before = 0
        while True:
            page, before = await list_records(self.directory, self.caller, before, 3)
            found += page
            if not before:
                return found


async def a_world(*, imported: bool = False) -> World:
    directory = FakeDirectory()
    account, events = an_imported(consented=True) if imported else a_member()
    await directory.accounts(NETWORK).add(account, events)
    return World(directory, FakeClock(NOW), a_caller(Role.MEMBER, id=account.id))


async def test_each_decision_is_a_record_with_what_was_shown() -> None:
    world = await a_world()
    for answer in (True, True, False):
        await world.decide(answer)
    withdrawn, granted = await world.records()
    assert [withdrawn.action, granted.action] == [Action.WITHDRAWN, Action.GRANTED]
    text = TEXTS.current(SIGNALS, NOW)
    assert (granted.text_version, granted.text_digest) == (1, text.digest)
    assert (granted.number, withdrawn.number, granted.method) == (1, 2, Method.CLIENT)


async def test_what_an_import_brought_in_is_marked_as_such() -> None:
    world = await a_world(imported=True)
    [record] = await world.records()
    assert (record.method, record.text_version, record.text_digest) == (Method.IMPORT, 0, b"")


async def test_a_request_asked_again_is_the_same_record_whatever_came_since() -> None:
    world = await a_world()
    first = await world.decide(True, request="yes")
    assert await world.decide(True, request="yes") == first
    await world.decide(False, request="no")
    assert await world.decide(True, request="yes") == first, "it did not agree for her again"
    assert not world.account.consents[SIGNALS].granted
    for granted, purpose in ((False, SIGNALS), (True, RESEARCH)):
        with pytest.raises(Conflict):
            await world.decide(granted, purpose, "yes")
    with pytest.raises(Conflict):
        await world.decide(True, request="yes", version=2)
    with pytest.raises(Invalid):
        await world.decide(True, request="q" * 101)


async def test_a_yes_to_a_replaced_text_is_refused_with_the_one_to_show() -> None:
    world = await a_world()
    known = with_text(a_text(SIGNALS, 2, required=True, from_=NOW))
    wanted = Wanted(SIGNALS, True, 1)
    with pytest.raises(ConsentRequired):
        await decide(world.directory, known, world.clock, world.caller, wanted)
    assert world.account.decisions == ()


async def test_a_token_outlives_its_account_but_decides_nothing() -> None:
    world = await a_world()
    stranger = World(world.directory, world.clock, a_caller())
    with pytest.raises(Unauthenticated):
        await stranger.decide(True)
    with pytest.raises(Unauthenticated):
        await stranger.records()


async def test_nobody_gets_the_receipt_of_somebody_else() -> None:
    world = await a_world()
    await world.directory.networks.add(a_network())
    made = await world.decide(True)
    other, events = a_member("ben")
    await world.accounts.add(other, events)
    for record_id in (made.id, other.id):
        with pytest.raises(ConsentRecordNotFound):
            await get_receipt(world.directory, TEXTS, a_caller(id=other.id), record_id)


class Killed(BaseException):
    """The process is gone."""


class Dying(FakeDirectory):
    """Dies at the n-th write: before it or after it."""

    def __init__(self, living: FakeDirectory, at: int, *, after: bool) -> None:
        super().__init__()
        self._living, self._left, self._after = living, at, after

    def accounts(self, network_id: UUID) -> FakeAccounts:
        return DyingAccounts(self, self._living.accounts(network_id))

    def consents(self, network_id: UUID) -> FakeConsents:
        return DyingConsents(self, self._living.consents(network_id))

    def write(self, *, done: bool) -> None:
        """Called before and after each write."""
        self._left -= not done
        if not self._left and done == self._after:
            raise Killed


class DyingAccounts(FakeAccounts):
    def __init__(self, directory: Dying, living: FakeAccounts) -> None:
        super().__init__()
        self._directory, self._living, self.all = directory, living, living.all

    async def save(self, account: Account, events: Events) -> None:
        self._directory.write(done=False)
        await self._living.save(account, events)
        self._directory.write(done=True)


class DyingConsents(FakeConsents):
    def __init__(self, directory: Dying, living: FakeConsents) -> None:
        super().__init__()
        self._directory, self.all = directory, living.all

    async def add(self, member_id: UUID, decisions: Sequence[Decision]) -> None:
        self._directory.write(done=False)
        await super().add(member_id, decisions)
        self._directory.write(done=True)


steps = st.lists(
    st.tuples(
        st.sampled_from([SIGNALS, RESEARCH]), st.booleans(), st.integers(0, 4), st.booleans()
    ),
    max_size=12,
)


@given(steps)
@settings(max_examples=200)
def test_killed_anywhere_state_events_and_records_say_the_same(
    made: list[tuple[Purpose, bool, int, bool]],
) -> None:
    """Each step may die at any of its writes, and is then tried again by its client, or not."""

    async def run() -> None:
        world = await a_world()
        held: dict[int, Decision] = {}
        for number, (purpose, granted, at, after) in enumerate(made):
            world.clock.advance(timedelta(seconds=1))
            dying = Dying(world.directory, at, after=after)
            wanted = Wanted(purpose, granted, 0, f"request {number}")
            try:
                await decide(dying, TEXTS, world.clock, world.caller, wanted)
            except Killed:
                if number % 2:
                    await world.decide(granted, purpose, f"request {number}")
            held |= {decision.number: decision for decision in world.account.decisions}
        records = await world.records()
        assert {one.number: one for one in records} == held
        assert [one.number for one in records] == list(range(len(held), 0, -1))
        told = [
            (event.at, event.granted)
            for _, event in world.accounts.told
            if isinstance(event, SignalsConsentChanged)
        ]
        recorded = [
            (one.decided_at, one.granted)
            for one in reversed(records)
            if one.purpose is SIGNALS and one.action is not Action.DECLINED
        ]
        assert told == recorded
        latest = {one.purpose: one for one in reversed(records)}
        assert world.account.consents == latest

    asyncio.run(run())
