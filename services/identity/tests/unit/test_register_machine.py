"""What does this test do? It registers people with one invite while processes crash at every
step, hang and wake up late, and the clock moves: never more accounts than the invite allows, and
once the dust has settled no seat is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count

from common.errors import ConcurrentUpdate
from common.testing.clock import FakeClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from identity.application.register import Application, register
from identity.domain.account import Account, Events
from identity.domain.errors import HandleTaken, InviteInvalid
from identity.domain.invite import STALE_AFTER

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, a_network, an_invite
from services.identity.tests.fakes import FakeAccounts, FakeDirectory, FakePasswords


class Crash(BaseException):
    """The process is gone: nothing after this point runs."""


class Accounts(FakeAccounts):
    """Storing an account can crash before or after it happened, or hang before it."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""
        self.gate: asyncio.Event | None = None

    async def add(self, account: Account, events: Events) -> None:
        fault, gate = self.fault, self.gate
        if gate is not None:
            await gate.wait()
        if fault == "before":
            raise Crash
        await super().add(account, events)
        if fault == "after":
            raise Crash


class Directory(FakeDirectory):
    def __init__(self) -> None:
        super().__init__(a_network(id=NETWORK))
        self.members = Accounts()

    def accounts(self, network_id: object) -> Accounts:
        return self.members


class Registrations(RuleBasedStateMachine):
    @initialize(max_uses=st.integers(1, 3))
    def start(self, max_uses: int) -> None:
        self.runner = asyncio.Runner()
        self.clock = FakeClock(NOW)
        self.directory = Directory()
        self.names = (f"member-{number}" for number in count())
        self.max_uses = max_uses
        self.hanging: list[tuple[asyncio.Event, asyncio.Task[str]]] = []
        invite, self.code = an_invite(max_uses=max_uses)
        self.runner.run(self.directory.invites(NETWORK).add(invite))

    @rule()
    def join(self) -> None:
        self.runner.run(self._register())

    @rule(when=st.sampled_from(["before", "after"]))
    def crash(self, when: str) -> None:
        self.directory.members.fault = when
        self.runner.run(self._register())
        self.directory.members.fault = ""

    @rule()
    def hang(self) -> None:
        async def begin() -> None:
            gate = self.directory.members.gate = asyncio.Event()
            task = asyncio.create_task(self._register())
            for _ in range(20):
                await asyncio.sleep(0)  # until it waits at the gate, or is refused
            self.directory.members.gate = None
            self.hanging.append((gate, task))

        self.runner.run(begin())

    @precondition(lambda self: self.hanging)
    @rule(data=st.data())
    def wake_up(self, data: st.DataObject) -> None:
        gate, task = self.hanging.pop(data.draw(st.integers(0, len(self.hanging) - 1)))
        self._finish(gate, task)

    @precondition(lambda self: self.directory.members.all)
    @rule()
    def choose_a_taken_handle(self) -> None:
        taken = next(iter(self.directory.members.all.values())).handle
        assert self.runner.run(self._register(taken)) in {"HANDLE_TAKEN", "INVITE_INVALID"}

    @rule(seconds=st.sampled_from([1, 29, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def never_oversold(self) -> None:
        assert len(self.directory.members.all) <= self.max_uses

    def teardown(self) -> None:
        self.clock.advance(STALE_AFTER)
        while self.runner.run(self._register()) == "joined":
            pass
        assert len(self.directory.members.all) == self.max_uses, "a seat was lost"
        for gate, task in self.hanging:
            self._finish(gate, task)
        self.never_oversold()
        self.runner.close()

    def _finish(self, gate: asyncio.Event, task: asyncio.Task[str]) -> None:
        async def finish() -> None:
            gate.set()
            await task

        self.runner.run(finish())

    async def _register(self, handle: str = "") -> str:
        name = next(self.names)
        wanted = Application(self.code, handle or name, f"{name}@example.org", PASSWORD)
        try:
            await register(self.directory, FakePasswords(), self.clock, wanted)
        except (InviteInvalid, HandleTaken, ConcurrentUpdate) as refused:
            return refused.reason
        except Crash:
            return "crashed"
        return "joined"


TestRegistrations = Registrations.TestCase
TestRegistrations.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
