"""What does this test do? It signs in, refreshes, loses answers, repeats requests, steals tokens,
refreshes twice at once and signs out in every order, and asks after each step: at most one refresh
token of a family opens anything, and whoever uses an old one ends the family for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from identity.adapters.master_key import MasterKey
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import SignedTokens
from identity.adapters.totp import TotpFactors
from identity.application.create_session import Attempt, create_session
from identity.application.end_sessions import end_sessions, sign_out
from identity.application.ports import Session
from identity.application.refresh_session import refresh_session
from identity.domain.device import REPEATABLE, Device
from identity.domain.errors import SessionEnded

from services.identity.tests.builders import NOW, PASSWORD, TEXTS, a_caller, a_member, a_network
from services.identity.tests.fakes import FakeDevices, FakeDirectory, FakePasswords

TOKENS = SignedTokens(KeyRing.of(Ed25519PrivateKey.generate()), TEXTS)
FACTORS = TotpFactors(MasterKey(bytes(32)))


class Devices(FakeDevices):
    """Lets others in between loading and saving, as a database does."""

    async def save(self, device: Device) -> None:
        await asyncio.sleep(0)
        await super().save(device)


class Directory(FakeDirectory):
    def __init__(self) -> None:
        super().__init__()
        self.kept = Devices()

    def devices(self, network_id: object) -> Devices:
        return self.kept


@dataclass
class Family:
    """What the model knows of one device: its tokens, oldest first, and how it should be."""

    session: Session
    tokens: list[str]
    alive: bool = True
    last_request: str = ""
    refreshed_at: int = 0
    used: set[str] = field(default_factory=set)

    @property
    def live(self) -> str:
        return self.tokens[-1]


class Sessions(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = FakeClock(NOW)
        self.seconds = 0
        self.directory = Directory()
        self.requests = (f"q{number}" for number in count())
        self.families: list[Family] = []
        self.network = a_network()
        self.account, events = a_member(hashed=f"cheap:{PASSWORD}", network_id=self.network.id)
        self.runner.run(self.directory.networks.add(self.network))
        accounts = self.directory.accounts(self.network.id)
        self.runner.run(accounts.add(self.account, events))

    @precondition(lambda self: len(self.families) < 5)
    @rule()
    def sign_in(self) -> None:
        attempt = Attempt(self.network.slug, "ada@example.org", PASSWORD)
        session = self.runner.run(
            create_session(self.directory, FakePasswords(), TOKENS, self.clock, attempt, FACTORS)
        )
        self.families.append(Family(session, [session.refresh_token]))

    @precondition(lambda self: self.families)
    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        family = self._any(data)
        request = next(self.requests)
        answer = self._refresh(family.live, request)
        assert (answer is not None) == family.alive
        if answer is not None:
            self._rotated(family, answer, request)

    @precondition(lambda self: any(one.last_request for one in self.families))
    @rule(data=st.data())
    def ask_again_for_a_lost_answer(self, data: st.DataObject) -> None:
        family = data.draw(st.sampled_from([one for one in self.families if one.last_request]))
        answer = self._refresh(family.tokens[-2], family.last_request)
        in_time = self.seconds < family.refreshed_at + REPEATABLE.total_seconds()
        if family.alive and in_time:
            assert answer == family.live, "a repeated request got another token"
        else:
            assert answer is None
            family.alive = False

    @precondition(lambda self: any(len(one.tokens) > 1 for one in self.families))
    @rule(data=st.data(), named=st.booleans())
    def use_an_old_token(self, data: st.DataObject, named: bool) -> None:
        family = data.draw(st.sampled_from([one for one in self.families if len(one.tokens) > 1]))
        old = data.draw(st.sampled_from(family.tokens[:-1]))
        assert self._refresh(old, next(self.requests) if named else "") is None
        family.alive = False

    @precondition(lambda self: self.families)
    @rule(data=st.data(), many=st.integers(2, 4), same=st.booleans())
    def refresh_at_once(self, data: st.DataObject, many: int, same: bool) -> None:
        family = self._any(data)
        first = next(self.requests)
        requests = [first if same else next(self.requests) for _ in range(many)]
        answers = self._all_at_once(family.live, requests)
        got = [one for one in answers if one is not None]
        if not family.alive:
            assert got == []
        elif same:
            assert len(got) == many
            assert len(set(got)) == 1, "one request got two tokens"
            self._rotated(family, got[0], first)
        else:
            assert len(got) == 1, "two requests with one token, and not one winner"
            family.tokens.append(got[0])
            family.alive = False

    @precondition(lambda self: self.families)
    @rule(data=st.data())
    def sign_out(self, data: st.DataObject) -> None:
        family = self._any(data)
        caller = a_caller(id=self.account.id, network_id=self.network.id)
        self.runner.run(sign_out(self.directory, self.clock, caller, family.session.session_id))
        family.alive = False

    @rule()
    def sign_out_everywhere(self) -> None:
        self.runner.run(end_sessions(self.directory, self.clock, self.network.id, self.account.id))
        for family in self.families:
            family.alive = False

    @rule(seconds=st.sampled_from([1, 59, 61]))
    def time_passes(self, seconds: int) -> None:
        self.seconds += seconds
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def what_is_kept_is_what_lives(self) -> None:
        alive = {one.session.session_id for one in self.families if one.alive}
        assert set(self.directory.kept.all) == alive

    def teardown(self) -> None:
        """Of all tokens ever given exactly the last of each living family still opens."""
        for family in self.families:
            answer = self._refresh(family.live, next(self.requests))
            assert (answer is not None) == family.alive
            for old in family.tokens[:-1]:
                assert self._refresh(old, next(self.requests)) is None
        self.runner.close()

    def _any(self, data: st.DataObject) -> Family:
        return data.draw(st.sampled_from(self.families))

    def _rotated(self, family: Family, token: str, request: str) -> None:
        assert token not in family.tokens
        family.tokens.append(token)
        family.last_request, family.refreshed_at = request, self.seconds

    def _refresh(self, token: str, request: str) -> str | None:
        return self._all_at_once(token, [request])[0]

    def _all_at_once(self, token: str, requests: Sequence[str]) -> list[str | None]:
        async def one(request: str) -> str | None:
            try:
                session = await refresh_session(self.directory, TOKENS, self.clock, token, request)
            except SessionEnded:
                return None
            return session.refresh_token

        async def all_of_them() -> list[str | None]:
            return list(await asyncio.gather(*map(one, requests)))

        return self.runner.run(all_of_them())


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
