"""Signing in, on fakes; who fails learns nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common import auth
from common.errors import ConcurrentUpdate, Invalid
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from identity.adapters.master_key import MasterKey
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import SignedTokens
from identity.adapters.totp import TotpFactors
from identity.application.create_session import Attempt, create_session
from identity.application.ports import Session
from identity.domain.account import Account, Events, SessionsEnded, SignedIn
from identity.domain.device import MAX_DEVICES
from identity.domain.errors import CredentialsInvalid
from identity.domain.role import Role

from services.identity.tests.builders import NOW, PASSWORD, TEXTS, a_member, a_network, an_imported
from services.identity.tests.fakes import FakeAccounts, FakeDirectory, FakePasswords

TOKENS = SignedTokens(KeyRing.of(Ed25519PrivateKey.generate()), TEXTS)
FACTORS = TotpFactors(MasterKey(bytes(32)))


class Door:
    """A network with one member, and somebody trying to get in."""

    def __init__(self, directory: FakeDirectory) -> None:
        self.directory = directory
        self.passwords = FakePasswords()
        self.clock = FakeClock(NOW)
        self.network = a_network()

    async def open(self, hashed: str = f"cheap:{PASSWORD}") -> Account:
        await self.directory.networks.add(self.network)
        account, events = a_member(
            roles=[Role.MEMBER, Role.MODERATOR], hashed=hashed, network_id=self.network.id
        )
        await self.accounts.add(account, events)
        return account

    @property
    def accounts(self) -> FakeAccounts:
        return self.directory.accounts(self.network.id)

    async def enter(
        self, email: str = "ada@example.org", password: str = PASSWORD, network: str = ""
    ) -> Session:
        attempt = Attempt(network or self.network.slug, email, password)
        return await create_session(
            self.directory, self.passwords, TOKENS, self.clock, attempt, FACTORS
        )


@pytest.fixture
def door() -> Door:
    return Door(FakeDirectory())


async def test_the_token_says_who_she_is_and_what_she_may_do(door: Door) -> None:
    account = await door.open()
    session = await door.enter(email="ADA@Example.org")

    async def jwks() -> str:
        return TOKENS.jwks()

    caller = await auth.Verifier(jwks, door.clock).verify(session.access_token)
    assert (caller.subject, caller.network_id) == (account.id, door.network.id)
    assert caller.roles == {"member", "moderator"}
    assert session.expires_at.timestamp() == caller.expires_at == NOW.timestamp() + 600


async def test_every_sign_in_is_told(door: Door) -> None:
    account = await door.open()
    await door.enter()
    await door.enter()
    assert door.accounts.told[1:] == [(account.id, SignedIn(NOW))] * 2
    assert door.accounts.all[account.id].version == 3


async def test_a_device_too_many_ends_the_one_unused_longest_and_that_is_told(door: Door) -> None:
    """Or its last access token would go on."""
    account = await door.open()
    sessions = []
    for _ in range(MAX_DEVICES + 1):
        sessions.append(await door.enter())
        door.clock.advance(timedelta(seconds=1))
    ended = [one for one in door.accounts.told if isinstance(one[1], SessionsEnded)]
    [(whose, event)] = ended
    assert isinstance(event, SessionsEnded)
    assert (whose, event.session_id) == (account.id, sessions[0].session_id)
    left = {one.id for one in await door.directory.devices(door.network.id).of(account.id)}
    assert left == {one.session_id for one in sessions[1:]}


async def test_sessions_that_ended_and_are_kept_for_a_hold_are_not_too_many(door: Door) -> None:
    account = await door.open()
    await door.enter()
    door.clock.advance(timedelta(days=61))
    for _ in range(MAX_DEVICES):
        await door.enter()
    assert not [one for one in door.accounts.told if isinstance(one[1], SessionsEnded)]
    assert len(await door.directory.devices(door.network.id).of(account.id)) == MAX_DEVICES + 1


@pytest.mark.parametrize(
    "change",
    [{"password": "wrong password"}, {"email": "bea@example.org"}, {"network": "elsewhere"}],
    ids=["password", "address", "network"],
)
async def test_whatever_is_wrong_looks_the_same_and_costs_one_verification(
    door: Door, change: dict[str, str]
) -> None:
    await door.open()
    with pytest.raises(CredentialsInvalid) as refused:
        await door.enter(**change)
    assert refused.value.message == ("network, e-mail address and password do not belong together")
    assert refused.value.metadata == {}
    assert len(door.passwords.verified) == 1
    assert len(door.accounts.told) == 1


async def test_an_imported_account_cannot_sign_in(door: Door) -> None:
    await door.open()
    await door.accounts.add(*an_imported("ada", network_id=door.network.id))
    with pytest.raises(CredentialsInvalid):
        await door.enter(email="member-ada@example.org")


async def test_a_hash_of_older_settings_is_replaced(door: Door) -> None:
    account = await door.open(hashed=f"older:{PASSWORD}")
    await door.enter()
    renewed = door.accounts.all[account.id].credentials
    assert renewed
    assert renewed.password_hash == f"cheap:{PASSWORD}"
    await door.enter()
    assert door.passwords.verified == [f"older:{PASSWORD}", f"cheap:{PASSWORD}"]


@pytest.mark.parametrize(
    "email, password", [("ada", PASSWORD), ("ada@example.org", ""), ("ada@example.org", "x" * 257)]
)
async def test_what_cannot_be_right_is_refused_at_once(
    door: Door, email: str, password: str
) -> None:
    await door.open()
    with pytest.raises(Invalid):
        await door.enter(email=email, password=password)
    assert not door.passwords.verified


class Rivals(FakeAccounts):
    """Somebody else is faster a few times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def save(self, account: Account, events: Events) -> None:
        if self.times:
            self.times -= 1
            raise ConcurrentUpdate("changed")
        await super().save(account, events)


async def test_two_devices_signing_in_at_once_both_get_in() -> None:
    class Crowded(FakeDirectory):
        members = Rivals(5)

        def accounts(self, network_id: object) -> FakeAccounts:
            return self.members

    door = Door(Crowded())
    await door.open()
    await door.enter()
    assert len(door.accounts.told) == 2
