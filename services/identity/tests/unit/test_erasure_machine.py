"""What does this test do? It lets a member ask for her erasure, take it back and be held, while the
clock moves, receipts come twice and in any order, and the process that drives it is killed before
or after any of its writes: nothing happens too early, nothing twice, and in the end nothing of her
is left, or nothing has happened."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from common.auth import Access
from common.ids import new_id
from common.testing.clock import FakeClock
from erasure.naming import hasher
from erasure.receipts import Count, Receipt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from identity.application.advance_erasure import Advance
from identity.application.holds import Holding, Wanted
from identity.application.leave import Leaving
from identity.application.ports import Directory
from identity.application.ports_cases import Cases
from identity.application.ports_ties import Pair, Place, Tie
from identity.domain.account import AccountClosed
from identity.domain.case_note import CaseNote
from identity.domain.erasure import AllowReason, HoldReason, State
from identity.domain.errors import AccountNotFound, ErasureNotFound, ErasureUnderWay
from identity.domain.export import Part, begin
from identity.domain.mail import Kind, wait
from identity.domain.profile import Profile
from identity.domain.role import Role
from identity.domain.roster import Entry
from identity.domain.stepping_down import AdminList, SteppingDown
from policy.authorize import authorize

from libs.erasure.tests.keys import KEY, PUBLIC, SERVICES
from services.identity.tests.builders import (
    NETWORK,
    NOW,
    a_caller,
    a_choice,
    a_device,
    a_member,
    an_invite,
)
from services.identity.tests.fakes import FakeDirectory
from services.identity.tests.fakes_cases import FakeCaseNotes

FILE, ALLOW = "2026-17", "/kith.identity.v1.ErasureService/AllowErasure"
GRACE, SETTLE = timedelta(days=7), timedelta(minutes=11)
HASH = hasher(b"machine")


class Killed(BaseException):
    """The process is gone: nothing after this point runs."""


class Faults:
    """Kills before or after the n-th write from now."""

    def __init__(self) -> None:
        self.left = -1
        self.after = False

    def plan(self, writes: int, after: bool) -> None:
        self.left, self.after = writes, after

    def before_write(self) -> None:
        if self.left == 0 and not self.after:
            self.left = -1
            raise Killed

    def after_write(self) -> None:
        if self.left == 0:
            self.left = -1
            raise Killed
        self.left -= self.left > 0


class Fragile:
    """A port whose writes may kill."""

    WRITES = frozenset({"save", "add", "remove", "remove_all", "forget"})

    def __init__(self, port: object, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in self.WRITES:
            return found

        async def write(*arguments: object) -> Any:
            self._faults.before_write()
            answer = await found(*arguments)
            self._faults.after_write()
            return answer

        return write


class FragileDirectory:
    """A directory of such ports."""

    def __init__(self, directory: FakeDirectory, faults: Faults) -> None:
        self._directory = directory
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._directory, name)
        if name == "mails":
            return Fragile(made, self._faults)
        return lambda network_id: Fragile(made(network_id), self._faults)


class Erasures(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.clock, self.faults, self.cases = FakeClock(NOW), Faults(), FakeCaseNotes()
        self.directory = FakeDirectory()
        self.case_id, self.case_version, self.case_open, self.case_opened = new_id(), 0, False, NOW
        self.let_gone: set[UUID] = set()
        directory = cast(Directory, FragileDirectory(self.directory, self.faults))
        self.leaving = Leaving(self.directory, self.clock, GRACE, HASH)
        self.holding, self.fragile_holding = (
            Holding(one, self.clock) for one in (cast(Directory, self.directory), directory)
        )
        self.advance = Advance(
            directory,
            cast(Cases, Fragile(self.cases, self.faults)),
            self.clock,
            SETTLE,
            SERVICES,
            HASH,
            lambda one: one.signed(KEY),
            self.let_go,
        )
        account, events = a_member()
        account, _ = account.decide(a_choice(True), NOW)
        records = self.directory.consents(NETWORK)
        self.runner.run(records.add(account.id, account.decisions))
        self.member_id = account.id
        self.accounts = self.directory.accounts(NETWORK)
        self.runner.run(self.accounts.add(account, events))
        invite, _ = an_invite(max_uses=3)
        self.runner.run(self.directory.invites(NETWORK).add(invite.reserve(account.id, NOW)))
        device, _ = a_device(account)
        self.runner.run(self.directory.devices(NETWORK).add(device))
        leaving = (SteppingDown(new_id(), account.id, NOW),)  # left by somebody who was killed
        self.runner.run(self.directory.admins(NETWORK).save(AdminList(NETWORK, leaving, 1)))
        profile = Profile(account.id, NETWORK, 7, version=1)
        self.runner.run(self.directory.profiles(NETWORK).save(profile))
        taken = Entry(b"entry", NETWORK, NOW).take(account.id, NOW)
        self.directory.roster(NETWORK).all[taken.hash] = taken
        letter = wait(new_id(), NETWORK, Kind.VERIFY, NOW, account.id)
        self.runner.run(self.directory.mails.add(letter))
        export = begin(new_id(), NETWORK, account.id, bytes(32), ("identity",), NOW)
        self.runner.run(self.directory.exports(NETWORK).add(export))
        part = Part("identity", "", b"sealed")
        self.runner.run(self.directory.exports(NETWORK).add_part(export, part))
        tie, ties = Tie(True, NOW, 1), self.directory.ties(NETWORK)
        self.runner.run(ties.take_place(Place(new_id(), account.id), tie))
        self.runner.run(ties.take_pair(Pair(new_id(), account.id), tie))

    async def let_go(self, member_id: UUID) -> None:
        self.faults.before_write()
        assert member_id not in self.accounts.all, "the account could still tell something"
        self.let_gone.add(member_id)
        self.faults.after_write()

    def access(self, role: Role = Role.MEMBER) -> Access:
        caller = a_caller(role, id=self.member_id)
        return Access(authorize, caller, "/kith.identity.v1.ErasureService/RequestErasure")

    def staff_of_erasures(self) -> Access:
        caller = a_caller(Role.NETWORK_ADMIN)
        return Access(authorize, caller, "/kith.identity.v1.ErasureService/HoldErasure")

    def staff(self, method: str) -> Access:
        caller = a_caller(Role.NETWORK_ADMIN)
        return Access(authorize, caller, f"/kith.identity.v1.HoldService/{method}")

    @rule()
    def ask(self) -> None:
        if self.member_id in self.accounts.all:
            self.runner.run(self.leaving.request(self.access(), self.member_id))

    @rule(days=st.sampled_from([1, 10]), sealed=st.booleans(), writes=st.integers(-1, 1))
    def somebody_places_a_hold_and_may_be_killed(
        self, days: int, sealed: bool, writes: int
    ) -> None:
        ends = self.clock.now() + timedelta(days=days)
        reason, closed = HoldReason.LEGAL_ORDER, self.member_id not in self.accounts.all
        wanted = Wanted(None, self.member_id, FILE, reason, ends, sealed)
        if closed or self.going:
            with pytest.raises((ErasureUnderWay, AccountNotFound)):
                self.runner.run(self.holding.place(self.staff("PlaceHold"), wanted))
            return
        self.faults.plan(writes, after=True)
        try:
            self.runner.run(self.fragile_holding.place(self.staff("PlaceHold"), wanted))
        except Killed:
            pass
        finally:
            self.faults.plan(-1, False)

    @rule(writes=st.integers(-1, 1))
    def somebody_lifts_it_and_may_be_killed(self, writes: int) -> None:
        if self.member_id not in self.accounts.all:
            return
        self.faults.plan(writes, after=True)
        try:
            self.runner.run(
                self.fragile_holding.lift(self.staff("LiftHold"), None, self.member_id, FILE)
            )
        except Killed:
            pass
        finally:
            self.faults.plan(-1, False)

    @rule(change=st.sampled_from(["cancel", "hold", "release"]))
    def change_her_mind_or_be_stopped(self, change: str) -> None:
        waits = self.waits
        reason = [HoldReason.DISPUTE] if change == "hold" else []
        method = getattr(self.leaving, change)
        access = self.access() if change == "cancel" else self.staff_of_erasures()
        try:
            self.runner.run(method(access, self.member_id, *reason))
        except (ErasureUnderWay, ErasureNotFound):
            assert not waits

    @rule(hours=st.sampled_from([1, 24, 24 * 7]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule(is_open=st.booleans())
    def a_case_opens_or_a_human_closes_it(self, is_open: bool) -> None:
        self._case(is_open)

    def _case(self, is_open: bool) -> None:
        """There is one case, which is opened and closed as often as it likes; once the services
        erase it is about nobody any more."""
        if self.directory.erasures(NETWORK).told:
            return
        now = self.clock.now()
        self.case_version += 1
        opened = now if is_open and not self.case_open else self.case_opened
        self.case_open, self.case_opened = is_open, opened
        note = CaseNote(self.case_id, self.member_id, is_open, opened, now, self.case_version)
        self.runner.run(self.cases.note(NETWORK, note))

    @rule()
    def a_human_lets_it_go_on(self) -> None:
        access = Access(authorize, a_caller(Role.CARE_TEAM), ALLOW)
        try:
            self.runner.run(self.leaving.allow(access, self.member_id, AllowReason.MISTAKE))
        except (ErasureUnderWay, ErasureNotFound):
            return
        self.clock.advance(timedelta(milliseconds=1))  # a case that opens now is a later one

    @rule()
    def tick(self) -> None:
        self._tick()

    @rule(writes=st.integers(0, 4), after=st.booleans())
    def tick_and_be_killed(self, writes: int, after: bool) -> None:
        self.faults.plan(writes, after)
        self._tick()
        self.faults.plan(-1, False)

    @precondition(lambda self: self.closed)
    @rule()
    def services_answer(self) -> None:
        self.clock.advance(SETTLE)
        self._tick()
        for service in SERVICES:
            self.receive(service)

    @rule(service=st.sampled_from(SERVICES), writes=st.integers(-1, 1), after=st.booleans())
    def a_receipt_comes(self, service: str, writes: int, after: bool) -> None:
        """In any order, also twice, also while being killed: then it comes again."""
        self.faults.plan(writes, after)
        self.receive(service)
        self.faults.plan(-1, False)

    @property
    def waits(self) -> bool:
        erasure = self.directory.erasures(NETWORK).all.get(self.member_id)
        return erasure is not None and erasure.waits

    @property
    def closed(self) -> bool:
        told = [event for _, event in self.accounts.told if isinstance(event, AccountClosed)]
        assert len(told) <= 1, "closed twice"
        return bool(told)

    @invariant()
    def nothing_goes_while_it_can_be_taken_back(self) -> None:
        if self.waits or not self.directory.erasures(NETWORK).all:
            assert self.member_id in self.accounts.all or self.finished
        if self.waits:
            assert not self.closed
            assert not self.accounts.all[self.member_id].closed

    @property
    def going(self) -> bool:
        """Whether it can be taken back no more."""
        return self.state not in {None, State.CANCELLED} and not self.waits

    @invariant()
    def nothing_begins_while_something_holds(self) -> None:
        """What was going on when the hold came is the only exception, and the hold was refused."""
        holds = self.directory.holds(NETWORK).all.get(self.member_id)
        if holds is not None and holds.in_force(self.clock.now()) is not None:
            assert not self.going
            assert self.member_id in self.accounts.all

    @invariant()
    def nothing_is_erased_beside_an_open_case(self) -> None:
        """Unless a human allowed it when that case was open."""
        for erasure, event in self.directory.erasures(NETWORK).told:
            assert not erasure.waits_for_person
            if self.case_open and self.case_opened < event.at:
                assert erasure.allowed_at is not None
                assert erasure.allowed_at >= self.case_opened

    @invariant()
    def services_are_asked_once_and_only_when_no_token_lives(self) -> None:
        told = self.directory.erasures(NETWORK).told
        assert len(told) <= 1
        for _, event in told:
            closed = [one.at for _, one in self.accounts.told if isinstance(one, AccountClosed)]
            assert closed
            assert event.at >= closed[0] + SETTLE

    @invariant()
    def the_account_goes_after_every_receipt(self) -> None:
        if self.member_id in self.accounts.all:
            return
        (record,) = self.directory.records(NETWORK).all.values()
        assert {one.service for one in record.receipts} == {*SERVICES, "identity"}
        assert all(one.is_of({**PUBLIC, "identity": KEY.public_key()}) for one in record.receipts)
        (own,) = (one for one in record.receipts if one.service == "identity")
        assert own.counts == dict.fromkeys(
            ("accounts", "consent_records", "profiles"), Count(removed=1)
        )
        assert record.member_hash == HASH(self.member_id)

    @property
    def finished(self) -> bool:
        return bool(self.directory.records(NETWORK).all)

    def teardown(self) -> None:
        """Let everything that is due happen, undisturbed."""
        if self.case_open:
            self._case(is_open=False)
        began = self.state not in {None, State.CANCELLED} or self.finished
        for _ in range(16):  # every hold ends by itself
            self.clock.advance(GRACE)
            self._tick()
            for service in SERVICES:
                self.receive(service)
        if began:
            assert self.finished
            assert self.let_gone == {self.member_id}
            assert not self.accounts.all
            assert not self.directory.erasures(NETWORK).all
            assert not self.directory.devices(NETWORK).all
            assert not self.directory.profiles(NETWORK).all
            assert not self.directory.admins(NETWORK).kept.leaving
            assert not self.directory.mails.all
            assert not self.directory.exports(NETWORK).all
            assert not self.directory.holds(NETWORK).all
            assert not self.cases.all
            assert not self.directory.exports(NETWORK).parts
            assert not self.directory.ties(NETWORK).all
            (entry,) = self.directory.roster(NETWORK).all.values()
            assert (entry.used, entry.taken_by) == (True, None)
            assert not self.directory.consents(NETWORK).all
            (invite,) = self.directory.invites(NETWORK).all.values()
            assert (invite.used, invite.seats) == (1, ())
        else:
            assert not self.accounts.all[self.member_id].closed
        self.runner.close()

    @property
    def state(self) -> State | None:
        erasure = self.directory.erasures(NETWORK).all.get(self.member_id)
        return erasure.state if erasure else None

    def _tick(self) -> None:
        async def tick() -> None:
            now = self.clock.now()
            for erasure in list(self.directory.erasures(NETWORK).all.values()):
                if erasure.due_at is not None and erasure.due_at <= now:
                    await self.advance.step(erasure)

        try:
            self.runner.run(tick())
        except Killed:
            return

    def receive(self, service: str) -> None:
        erasure = self.directory.erasures(NETWORK).all.get(self.member_id)
        id = erasure.id if erasure else new_id()
        counts = {"things": Count(removed=1)}
        receipt = Receipt(NETWORK, id, service, counts, self.clock.now()).signed(KEY)
        try:
            self.runner.run(self.advance.take(receipt))
        except Killed:
            return


TestErasures = Erasures.TestCase
TestErasures.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("writes", range(27))
def test_one_kill_at_any_write_changes_nothing(writes: int, after: bool) -> None:
    """The straight way, exhaustively; the 24 writes there are, and a few that never come."""
    life = Erasures()
    life.start()
    life.ask()
    life.faults.plan(writes, after)
    for _ in range(4):
        life.time_passes(24 * 7)
        life.tick()
    for service in (*SERVICES, *SERVICES):
        life.receive(service)
    for _ in range(2):
        life.tick()
        life.nothing_goes_while_it_can_be_taken_back()
        life.services_are_asked_once_and_only_when_no_token_lives()
        life.the_account_goes_after_every_receipt()
    life.teardown()
