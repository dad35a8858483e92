"""Joining without an invite, on fakes: once per entry, whatever crashes or races, and whoever is
refused learns nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from common.errors import DomainError, Invalid, Limited
from common.testing.clock import FakeClock
from identity.application.apply import network_open_to_all
from identity.application.decide_application import approve
from identity.domain.account import Account, AccountCreated, ConsentsChanged, Events
from identity.domain.admission import UNDECIDED_KEPT, WARNED_AFTER
from identity.domain.applying import MAX_WAITING
from identity.domain.errors import (
    AgeNotMet,
    ApprovalPending,
    ConsentRequired,
    EmailTaken,
    HandleTaken,
    JoiningRefused,
)
from identity.domain.invite import STALE_AFTER
from identity.domain.mail import Kind
from identity.domain.network_rules import AgeRule, AgeStatement, Opening, Stated
from identity.domain.roster import Eligible
from identity.domain.text import Purpose

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, a_member, a_network
from services.identity.tests.fakes import FakeAccounts, FakePasswords
from services.identity.tests.joining import (
    ADA,
    HASH,
    Crash,
    link,
    rostered,
    wished,
    world,
)


@pytest.mark.parametrize("opening", [Opening.APPROVAL, Opening.ELIGIBILITY])
@pytest.mark.parametrize("version", [0, 2])
async def test_asking_to_join_is_accepting_the_text_of_service(
    opening: Opening, version: int
) -> None:
    directory = world(opening)
    await directory.roster(NETWORK).add([HASH(NETWORK, ADA)], NOW)
    with pytest.raises(ConsentRequired) as refused:
        await wished(directory, service_text_version=version)
    assert refused.value.metadata == {"purpose": "service", "version": "1"}
    assert not directory.accounts(NETWORK).all
    assert (await wished(directory)).consents[Purpose.SERVICE].granted


async def test_who_is_on_the_roster_is_in_at_once_and_once() -> None:
    directory = await rostered()
    account = await wished(directory)
    account.check_admitted()
    assert account.email_verified
    assert directory.accounts(NETWORK).told == [
        (account.id, ConsentsChanged(NOW, Purpose.SERVICE)),
        (account.id, AccountCreated(NOW, imported=False)),
    ]
    with pytest.raises(JoiningRefused):
        await wished(directory, handle="bea", email="bea@example.org")
    later = FakeClock(NOW + STALE_AFTER)
    with pytest.raises(JoiningRefused):
        await wished(directory, handle="bea", email="bea@example.org", clock=later)
    assert await directory.roster(NETWORK).count() == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"token": link(network_id=UUID(int=1))}, {"token": link(network_id=UUID(int=2))},
     {"eligible": None},
     {"eligible": Eligible.of("K7654321", "1990-02-28")},
     {"eligible": Eligible.of("K1234567", "1990-02-27")}],
)  # fmt: skip
async def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(
    wrong: dict[str, Any],
) -> None:
    directory, passwords = await rostered(), FakePasswords()
    await directory.networks.add(a_network("closed", UUID(int=1)))
    hashed: list[str] = []

    class Counting(FakePasswords):
        async def hash(self, password: str) -> str:
            hashed.append(password)
            return await passwords.hash(password)

    with pytest.raises(JoiningRefused) as refused:
        await wished(directory, by=Counting(), **wrong)
    assert refused.value.message == "this network cannot be joined like this"
    assert refused.value.metadata == {}
    assert hashed == [PASSWORD]
    assert directory.accounts(NETWORK).all == {}


async def test_an_entry_is_given_back_when_the_account_is_refused() -> None:
    directory = await rostered()
    await directory.accounts(NETWORK).add(*a_member("ada"))
    taken: list[tuple[dict[str, Any], type[DomainError]]] = [
        ({"email": "new@example.org"}, HandleTaken),
        ({"handle": "x1"}, EmailTaken),
    ]
    for change, refusal in taken:
        with pytest.raises(refusal):
            await wished(directory, **change)
        assert await directory.roster(NETWORK).count() == (1, 1)
    await wished(directory, handle="x1", email="new@example.org")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_between_the_two_writes_neither_loses_nor_doubles_the_entry(
    when: str,
) -> None:
    class Accounts(FakeAccounts):
        crashes = True

        async def add(self, account: Account, events: Events) -> None:
            crash, self.crashes = self.crashes, False
            if crash and when == "before":
                raise Crash
            await super().add(account, events)
            if crash:
                raise Crash

    directory = await rostered()
    accounts = directory._accounts[NETWORK] = Accounts()
    with pytest.raises(Crash):
        await wished(directory)
    with pytest.raises(JoiningRefused) if when == "before" else _nothing():
        await wished(directory)  # too early to know that it crashed
    again = FakeClock(NOW + STALE_AFTER)
    account = await wished(directory, clock=again)
    assert list(accounts.all.values()) == [account]


class _nothing:
    def __enter__(self) -> None:
        """Expect nothing."""

    def __exit__(self, *_: object) -> None:
        """Hide nothing."""


async def test_of_many_with_one_entry_one_gets_in() -> None:
    directory = await rostered()

    async def attempt(number: int) -> bool:
        try:
            await wished(directory, handle=f"m-{number}", email=f"m-{number}@example.org")
        except JoiningRefused:
            return False
        return True

    assert sum(await asyncio.gather(*map(attempt, range(8)))) == 1
    assert len(directory.accounts(NETWORK).all) == 1


async def test_who_has_to_wait_is_not_told_of_and_cannot_sign_in() -> None:
    directory = world(Opening.APPROVAL)
    account = await wished(directory, note="  Hello  ")
    assert account.admission
    assert account.admission.note == "Hello"
    assert account.email_verified, "or an admin would decide about nobody knows whom"
    assert directory.accounts(NETWORK).told == []
    with pytest.raises(ApprovalPending):
        account.check_admitted()


async def test_who_waits_is_told_before_it_ends_by_itself_also_after_a_crash() -> None:
    """The mail waits before the account is there, so there is no account without it."""

    class Accounts(FakeAccounts):
        async def add(self, account: Account, events: Events) -> None:
            await super().add(account, events)
            raise Crash

    directory = world(Opening.APPROVAL)
    accounts = directory._accounts[NETWORK] = Accounts()
    with pytest.raises(Crash):
        await wished(directory)
    [account] = accounts.all.values()
    [mail] = directory.mails.all.values()
    assert (mail.kind, mail.member_id) == (Kind.APPLICATION_ENDS, account.id)
    assert account.admission
    assert mail.due_at == NOW + WARNED_AFTER
    assert account.admission.remove_at == NOW + UNDECIDED_KEPT
    assert NOW + WARNED_AFTER < mail.expires_at <= NOW + UNDECIDED_KEPT


async def test_who_is_refused_leaves_no_mail_behind() -> None:
    directory = world(Opening.APPROVAL)
    waiting = await wished(directory)
    with pytest.raises(HandleTaken):
        await wished(directory, email="new@example.org")
    with pytest.raises(EmailTaken):
        await wished(directory, handle="bea", password="another password")
    assert [one.member_id for one in directory.mails.all.values()] == [waiting.id]


async def test_no_more_wait_than_somebody_can_decide_on() -> None:
    directory = world(Opening.APPROVAL)
    account = await wished(directory)
    accounts = directory.accounts(NETWORK)
    accounts.all |= {UUID(int=n): replace(account, handle="x") for n in range(MAX_WAITING - 1)}
    with pytest.raises(Limited):
        await wished(directory, handle="bea", email="bea@example.org")
    assert await wished(directory) == account, "who was there before is answered as before"
    await approve(accounts, FakeClock(NOW), account.id)
    await wished(directory, handle="bea", email="bea@example.org")


async def test_a_lost_answer_is_had_again_by_the_same_link_and_password_alone() -> None:
    for directory in (world(Opening.APPROVAL), await rostered()):
        first = await wished(directory)
        assert await wished(directory) == first
        for change in ({"token": link()}, {"password": "another password"}):
            other: dict[str, Any] = change
            with pytest.raises((HandleTaken, JoiningRefused)):
                await wished(directory, **other)
        assert len(directory.accounts(NETWORK).all) == 1


async def test_only_an_open_network_can_be_asked_for() -> None:
    directory = world(Opening.APPROVAL)
    await directory.networks.add(a_network("closed", UUID(int=1)))
    assert (await network_open_to_all(directory, "berlin")).id == NETWORK
    for slug in ("closed", "nothing"):
        with pytest.raises(JoiningRefused):
            await network_open_to_all(directory, slug)


async def test_the_rule_of_age_holds_here_too() -> None:
    rule = AgeRule(18, AgeStatement.BIRTH_DATE)
    directory = await rostered(age_rule=rule)
    with pytest.raises(AgeNotMet):
        await wished(directory, stated=Stated(birth_date=date(NOW.year - 11, 1, 1)))
    assert await directory.roster(NETWORK).count() == (1, 1)


@pytest.mark.parametrize(
    "number, born",
    [("123", "1990-01-01"), ("x" * 41, "1990-01-01"), ("K123456!", "1990-01-01"),
     ("K1234", "1.1.90"),
     ("K1234", "1990-02-30"), ("K1234", "")],
)  # fmt: skip
def test_what_no_sponsor_could_know_is_refused(number: str, born: str) -> None:
    with pytest.raises(Invalid):
        Eligible.of(number, born)
