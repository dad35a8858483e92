"""Deciding about who waits, on fakes: told once, and never about nobody knows whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.testing.clock import FakeClock
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.application.decide_application import approve, decline
from identity.application.outgoing_mail import Outgoing
from identity.application.recover import Recovery, Reset
from identity.domain.account import AccountCreated, ConsentsChanged
from identity.domain.admission import DeclineReason
from identity.domain.errors import ApplicationDecided, ApplicationDeclined
from identity.domain.mail_link import Link, LinkToken, hash_secret
from identity.domain.mail_link import Purpose as LinkPurpose
from identity.domain.network_rules import Opening
from identity.domain.text import Purpose

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.fakes import FakePasswords
from services.identity.tests.joining import wished, world


async def test_letting_in_tells_the_world_once() -> None:
    directory = world(Opening.APPROVAL)
    account = await wished(directory)
    accounts, clock = directory.accounts(NETWORK), FakeClock(NOW + timedelta(days=1))
    approved = await approve(accounts, clock, account.id)
    assert await approve(accounts, clock, account.id) == approved
    approved.check_admitted()
    assert accounts.told == [
        (account.id, ConsentsChanged(clock.now(), Purpose.SERVICE)),
        (account.id, AccountCreated(clock.now(), imported=False)),
    ]
    with pytest.raises(ApplicationDecided):
        await decline(accounts, clock, account.id, DeclineReason.FULL)


async def test_who_is_not_let_in_can_read_why_and_her_note_is_gone() -> None:
    directory = world(Opening.APPROVAL)
    account = await wished(directory, note="private")
    accounts, clock = directory.accounts(NETWORK), FakeClock(NOW)
    declined = await decline(accounts, clock, account.id, DeclineReason.FULL)
    assert await decline(accounts, clock, account.id, DeclineReason.FULL) == declined
    assert declined.admission
    assert declined.admission.note == ""
    assert declined.admission.remove_at == NOW + timedelta(days=30)
    with pytest.raises(ApplicationDeclined) as refused:
        declined.check_admitted()
    assert refused.value.metadata == {"declined": "full"}
    with pytest.raises(ApplicationDecided):
        await decline(accounts, clock, account.id, DeclineReason.DUPLICATE)
    with pytest.raises(ApplicationDecided):
        await approve(accounts, clock, account.id)
    assert accounts.told == []


async def test_who_is_leaving_is_not_let_in_any_more() -> None:
    directory = world(Opening.APPROVAL)
    account = await wished(directory)
    accounts = directory.accounts(NETWORK)
    await accounts.save(*account.close(NOW))
    with pytest.raises(ApplicationDecided):
        await approve(accounts, FakeClock(NOW), account.id)
    assert all(not isinstance(event, AccountCreated) for _, event in accounts.told)


async def test_nobody_is_let_in_whose_address_was_never_confirmed() -> None:
    """As of who applied before it was asked for."""
    directory = world(Opening.APPROVAL)
    account = await wished(directory)
    accounts = directory.accounts(NETWORK)
    accounts.all[account.id] = replace(account, email_verified=False)
    with pytest.raises(ApplicationDecided):
        await approve(accounts, FakeClock(NOW), account.id)
    assert accounts.told == []


async def test_who_was_never_confirmed_is_so_by_choosing_a_password_and_nobody_hears_of_it() -> (
    None
):
    """Her application with this address is answered that she has an account, so by this way."""
    directory, secret = world(Opening.APPROVAL), b"s" * 32
    account = await wished(directory)
    assert account.credentials
    accounts, clock = directory.accounts(NETWORK), FakeClock(NOW)
    link = Link(
        LinkPurpose.RESET, hash_secret(secret), account.credentials.email, NOW + timedelta(hours=1)
    )
    accounts.all[account.id] = replace(account, email_verified=False, links=(link,))
    token = LinkToken(NETWORK, account.id, secret).text()
    outgoing = Outgoing(
        directory.mails, MailSeal(MasterKey(bytes(32))), KeyedDigest(bytes(32)), clock
    )
    recovery = Recovery(directory, FakePasswords(), outgoing, clock, never)
    await recovery.reset(Reset(token, "quite another password"))
    assert accounts.told == []
    approved = await approve(accounts, clock, account.id)
    approved.check_admitted()
    assert approved.credentials
    assert approved.credentials.password_hash == "cheap:quite another password"


async def never(_: bytes) -> None:
    """Count nothing."""
