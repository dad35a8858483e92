"""Whoever is cut off right after a change was written has told of it: the notice waited before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.testing.clock import FakeClock
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.adapters.totp import TotpFactors
from identity.application import recover, second_factor
from identity.application.outgoing_mail import Outgoing
from identity.application.send_mails import still_so
from identity.domain.account import Account, Events
from identity.domain.errors import LinkInvalid
from identity.domain.mail import Kind, Mail
from identity.domain.mail_link import Link, LinkToken, Purpose, hash_secret
from identity.domain.second_factor import SecondFactor

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, a_caller, a_member, a_network
from services.identity.tests.fakes import FakeAccounts, FakeDirectory, FakePasswords
from services.identity.tests.joining import Crash

SECRET, NEW = b"s" * 32, "quite another password"


class Accounts(FakeAccounts):
    """Whose next write succeeds, and then nothing more happens."""

    crashes = True

    async def save(self, account: Account, events: Events) -> None:
        await super().save(account, events)
        crash, self.crashes = self.crashes, False
        if crash:
            raise Crash


async def world(account: Account) -> tuple[FakeDirectory, Outgoing]:
    directory = FakeDirectory(a_network("berlin", NETWORK))
    accounts = directory._accounts[NETWORK] = Accounts()
    await accounts.add(account, ())
    seal, digest = MailSeal(MasterKey(bytes(32))), KeyedDigest(bytes(32))
    return directory, Outgoing(directory.mails, seal, digest, FakeClock(NOW))


def with_link(purpose: Purpose, email: str) -> tuple[Account, str]:
    ada = a_member("ada", hashed=f"cheap:{PASSWORD}")[0]
    link = Link(purpose, hash_secret(SECRET), email, NOW + timedelta(hours=1))
    return replace(ada, links=(link,)), LinkToken(NETWORK, ada.id, SECRET).text()


def told(directory: FakeDirectory, address: str = "") -> list[Kind]:
    """What will be told, as things stand."""
    [account] = directory.accounts(NETWORK).all.values()
    waiting: list[Mail] = list(directory.mails.all.values())
    return [one.kind for one in waiting if still_so(account, one, address)]


class PlainFactors(TotpFactors):
    """Whose recovery codes are kept as they are."""

    def hash_recovery(self, owner: UUID, code: str) -> bytes:
        return code.encode()


async def never(_: bytes) -> None:
    """Count nothing."""


async def test_another_password() -> None:
    account, token = with_link(Purpose.RESET, "ada@example.org")
    directory, outgoing = await world(account)
    recovery = recover.Recovery(directory, FakePasswords(), outgoing, FakeClock(NOW), never)
    with pytest.raises(Crash):
        await recovery.reset(recover.Reset(token, NEW))
    assert told(directory) == [Kind.PASSWORD_CHANGED]
    await recovery.reset(recover.Reset(token, NEW))  # as a client does that got no answer
    with pytest.raises(LinkInvalid):
        await recovery.reset(recover.Reset(token, PASSWORD))
    assert told(directory) == [Kind.PASSWORD_CHANGED]


async def test_another_address() -> None:
    account, token = with_link(Purpose.VERIFY, "new@example.org")
    directory, outgoing = await world(account)
    assert told(directory, "ada@example.org") == []
    with pytest.raises(Crash):
        await recover.verify_email(directory, outgoing, FakeClock(NOW), token)
    assert told(directory, "ada@example.org") == [Kind.EMAIL_CHANGED]


async def test_a_second_factor_that_is_gone() -> None:
    ada = a_member("ada", hashed=f"cheap:{PASSWORD}")[0]
    factor = SecondFactor(b"sealed", NOW, recovery=(b"CODE",))
    directory, outgoing = await world(ada.with_second_factor(factor))
    proof = second_factor.Proof("code", NOW, PASSWORD)
    with pytest.raises(Crash):
        await second_factor.end(
            directory.accounts(NETWORK), FakePasswords(), PlainFactors(MasterKey(bytes(32))),
            outgoing, a_caller(id=ada.id), proof,
        )  # fmt: skip
    assert told(directory) == [Kind.SECOND_FACTOR_REMOVED]
