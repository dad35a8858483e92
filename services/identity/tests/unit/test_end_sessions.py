"""Ending all sessions holds from one write on, whatever crashes or comes in at the same time."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.ids import new_id
from common.outbox.documents import MAX_WAITING
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp
from identity.adapters.events import outgoing
from identity.adapters.master_key import MasterKey
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import SignedTokens
from identity.adapters.totp import TotpFactors
from identity.application.create_session import Attempt, create_session
from identity.application.end_sessions import end_sessions, sign_out
from identity.application.ports import Session
from identity.application.refresh_session import refresh_session
from identity.domain.account import Account, SessionsEnded, SignedIn
from identity.domain.errors import CredentialsInvalid, SessionEnded
from identity.domain.network import Network
from kith.identity.events.v1 import session_events_pb2

from services.identity.tests.builders import NOW, PASSWORD, TEXTS, a_caller, a_member, a_network
from services.identity.tests.fakes import FakeDevices, FakeDirectory, FakePasswords

TOKENS, CLOCK = SignedTokens(KeyRing.of(Ed25519PrivateKey.generate()), TEXTS), FakeClock(NOW)
FACTORS = TotpFactors(MasterKey(bytes(32)))


class Crash(Exception):
    """The process is gone: nothing after this point runs."""


class CrashingDevices(FakeDevices):
    async def remove_all(self, member_id: UUID) -> None:
        raise Crash


async def a_world(directory: FakeDirectory) -> tuple[Network, Account]:
    network = a_network()
    await directory.networks.add(network)
    account, events = a_member(hashed=f"cheap:{PASSWORD}", network_id=network.id)
    await directory.accounts(network.id).add(account, events)
    return network, account


async def sign_in(
    directory: FakeDirectory, network: Network, passwords: FakePasswords | None = None
) -> Session:
    attempt = Attempt(network.slug, "ada@example.org", PASSWORD)
    return await create_session(
        directory, passwords or FakePasswords(), TOKENS, CLOCK, attempt, FACTORS
    )


async def test_a_crash_between_ending_and_forgetting_leaves_no_session_that_works() -> None:
    class Crashing(FakeDirectory):
        kept = CrashingDevices()

        def devices(self, network_id: UUID) -> FakeDevices:
            return self.kept

    directory = Crashing()
    network, account = await a_world(directory)
    session = await sign_in(directory, network)
    with pytest.raises(Crash):
        await end_sessions(directory, CLOCK, network.id, account.id)
    assert directory.kept.all
    with pytest.raises(SessionEnded):
        await refresh_session(directory, TOKENS, CLOCK, session.refresh_token, "q")
    again = await sign_in(directory, network)
    await refresh_session(directory, TOKENS, CLOCK, again.refresh_token, "q")


async def test_a_sign_in_that_was_under_way_when_all_was_ended_opens_nothing() -> None:
    """A password changed because it was stolen ends sessions; the thief may be signing in now."""
    directory = FakeDirectory()
    network, account = await a_world(directory)

    class Ending(FakePasswords):
        async def verify(self, password: str, hashed: str | None) -> bool:
            await end_sessions(directory, CLOCK, network.id, account.id)
            return await super().verify(password, hashed)

    with pytest.raises(CredentialsInvalid):
        await sign_in(directory, network, Ending())
    assert directory.devices(network.id).all == {}


async def test_a_removed_account_keeps_no_device() -> None:
    directory = FakeDirectory()
    network, account = await a_world(directory)
    session = await sign_in(directory, network)
    del directory.accounts(network.id).all[account.id]
    with pytest.raises(SessionEnded):
        await refresh_session(directory, TOKENS, CLOCK, session.refresh_token, "q")


async def test_who_signs_out_a_device_tells_who_still_takes_its_token() -> None:
    directory = FakeDirectory()
    network, account = await a_world(directory)
    phone, laptop = await sign_in(directory, network), await sign_in(directory, network)
    caller = a_caller(id=account.id, network_id=network.id)
    for _ in range(2):  # the second time there is nothing left to do
        await sign_out(directory, CLOCK, caller, phone.session_id)
    assert ended(directory, network) == [SessionsEnded(NOW, phone.session_id)]
    await refresh_session(directory, TOKENS, CLOCK, laptop.refresh_token, "q")


async def test_nobody_is_kept_in_because_too_much_waits_for_the_broker() -> None:
    directory = FakeDirectory()
    network, account = await a_world(directory)
    session = await sign_in(directory, network)
    accounts = directory.accounts(network.id)
    accounts.told += [(account.id, SignedIn(NOW))] * MAX_WAITING
    await sign_out(
        directory, CLOCK, a_caller(id=account.id, network_id=network.id), session.session_id
    )
    assert directory.devices(network.id).all == {}
    await end_sessions(directory, CLOCK, network.id, account.id)
    left = await accounts.get(account.id)
    assert left is not None
    assert left.session_epoch == 1
    assert ended(directory, network) == []


async def test_nobody_signs_out_anybody_else() -> None:
    directory = FakeDirectory()
    network, _ = await a_world(directory)
    session = await sign_in(directory, network)
    stranger = a_caller(id=new_id(), network_id=network.id)
    await sign_out(directory, CLOCK, stranger, session.session_id)
    assert ended(directory, network) == []
    await refresh_session(directory, TOKENS, CLOCK, session.refresh_token, "q")


async def test_a_refresh_token_used_twice_ends_what_its_access_token_opens_too() -> None:
    directory = FakeDirectory()
    network, _ = await a_world(directory)
    session = await sign_in(directory, network)
    await refresh_session(directory, TOKENS, CLOCK, session.refresh_token, "q")
    with pytest.raises(SessionEnded):
        await refresh_session(directory, TOKENS, CLOCK, session.refresh_token, "another")
    assert ended(directory, network) == [SessionsEnded(NOW, session.session_id)]


async def test_signing_out_everywhere_is_told_with_the_epoch_of_what_is_left() -> None:
    directory = FakeDirectory()
    network, account = await a_world(directory)
    await end_sessions(directory, CLOCK, network.id, account.id)
    assert ended(directory, network) == [SessionsEnded(NOW)]
    now = await directory.accounts(network.id).get(account.id)
    assert now is not None
    (told,) = outgoing(now, [SessionsEnded(NOW)])
    assert told.message == session_events_pb2.SessionsEnded(
        network_id=str(network.id), member_id=str(account.id), epoch=1,
        end_time=Timestamp(seconds=int(NOW.timestamp())),
    )  # fmt: skip


def ended(directory: FakeDirectory, network: Network) -> list[SessionsEnded]:
    """What was told of ends of sessions, in order."""
    told = directory.accounts(network.id).told
    return [event for _, event in told if isinstance(event, SessionsEnded)]
