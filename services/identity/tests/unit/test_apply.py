"""Joining without an invite, on fakes: once per entry, whatever crashes or races, and whoever is
refused learns nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from common.errors import DomainError, Invalid
from common.testing.clock import FakeClock
from identity.adapters.master_key import KeyedDigest
from identity.adapters.mongo_roster import EligibleHasher
from identity.application.apply import Applied, Wish, apply
from identity.application.decide_application import approve, decline
from identity.domain.account import Account, AccountCreated, ConsentsChanged, Events
from identity.domain.admission import DeclineReason
from identity.domain.errors import (
    AgeNotMet,
    ApplicationDecided,
    ApplicationDeclined,
    ApprovalPending,
    ConsentRequired,
    EmailTaken,
    HandleTaken,
    JoiningRefused,
)
from identity.domain.invite import STALE_AFTER
from identity.domain.network_rules import AgeRule, AgeStatement, Opening, Stated
from identity.domain.roster import Eligible
from identity.domain.text import Purpose

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, TEXTS, a_member, a_network
from services.identity.tests.fakes import FakeAccounts, FakeDirectory, FakePasswords

HASH = EligibleHasher(KeyedDigest(b"k" * 32))
ADA = Eligible.of("K1234567", "1990-02-28")
WISH = Wish("berlin", "ada", "ada@example.org", PASSWORD, eligible=ADA, service_text_version=1)


class Crash(Exception):
    """The process is gone: nothing after this point runs."""


def world(opening: Opening, **changes: Any) -> FakeDirectory:
    return FakeDirectory(replace(a_network("berlin", NETWORK), opening=opening, **changes))


async def rostered(**changes: Any) -> FakeDirectory:
    directory = world(Opening.ELIGIBILITY, **changes)
    await directory.roster(NETWORK).add([HASH(NETWORK, ADA)], NOW)
    return directory


async def wished(directory: FakeDirectory, wish: Wish = WISH, **changes: Any) -> Applied:
    clock, passwords = changes.pop("clock", FakeClock(NOW)), changes.pop("by", FakePasswords())
    return await apply(directory, passwords, clock, TEXTS, replace(wish, **changes), HASH)


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
    account = (await wished(directory)).account
    assert account
    assert account.consents[Purpose.SERVICE].granted


async def test_who_is_on_the_roster_is_in_at_once_and_once() -> None:
    directory = await rostered()
    applied = await wished(directory)
    assert not applied.waits
    assert applied.account
    assert directory.accounts(NETWORK).told == [
        (applied.account.id, ConsentsChanged(NOW, Purpose.SERVICE)),
        (applied.account.id, AccountCreated(NOW, imported=False)),
    ]
    with pytest.raises(JoiningRefused):
        await wished(directory, handle="bea", email="bea@example.org")
    later = FakeClock(NOW + STALE_AFTER)
    with pytest.raises(JoiningRefused):
        await wished(directory, handle="bea", email="bea@example.org", clock=later)
    assert await directory.roster(NETWORK).count() == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"network": "nothing"}, {"network": "closed"}, {"eligible": None},
     {"eligible": Eligible.of("K7654321", "1990-02-28")},
     {"eligible": Eligible.of("K1234567", "1990-02-27")}],
)  # fmt: skip
async def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(
    wrong: dict[str, Any],
) -> None:
    directory, passwords = await rostered(), FakePasswords()
    await directory.networks.add(a_network("closed"))
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
        await wished(directory, request_id="q1")
    with pytest.raises(JoiningRefused) if when == "before" else _nothing():
        await wished(directory, request_id="q1")  # too early to know that it crashed
    again = FakeClock(NOW + STALE_AFTER)
    applied = await wished(directory, request_id="q1", clock=again)
    assert list(accounts.all.values()) == [applied.account]


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
    applied = await wished(directory, note="  Hello  ")
    assert applied.waits
    account = applied.account
    assert account
    assert account.admission
    assert account.admission.note == "Hello"
    assert directory.accounts(NETWORK).told == []
    with pytest.raises(ApprovalPending):
        account.check_admitted()


async def test_an_address_that_has_an_account_is_answered_like_one_that_has_none() -> None:
    directory = world(Opening.APPROVAL)
    await directory.accounts(NETWORK).add(*a_member("ada"))
    applied = await wished(directory, handle="other")
    assert applied.waits
    assert applied.account is None
    assert len(directory.accounts(NETWORK).all) == 1


async def test_a_lost_answer_is_had_again_by_the_same_request_alone() -> None:
    for directory in (world(Opening.APPROVAL), await rostered()):
        first = await wished(directory, request_id="q1")
        assert await wished(directory, request_id="q1") == first
        for change in ({"request_id": "q2"}, {"password": "another password"}):
            other: dict[str, Any] = {"request_id": "q1"} | change
            with pytest.raises((HandleTaken, JoiningRefused)):
                await wished(directory, **other)


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


async def test_letting_in_tells_the_world_once() -> None:
    directory = world(Opening.APPROVAL)
    account = (await wished(directory)).account
    assert account
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
    account = (await wished(directory, note="private")).account
    assert account
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
    account = (await wished(directory)).account
    assert account
    accounts = directory.accounts(NETWORK)
    await accounts.save(*account.close(NOW))
    with pytest.raises(ApplicationDecided):
        await approve(accounts, FakeClock(NOW), account.id)
    assert all(not isinstance(event, AccountCreated) for _, event in accounts.told)


async def test_an_address_that_could_be_taken_for_another_is_refused() -> None:
    with pytest.raises(Invalid):
        await wished(world(Opening.APPROVAL), email="gro\u00df@example.org")
