"""Joining with an invite, on fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from common.errors import Invalid
from common.testing.clock import FakeClock
from identity.application.register import Application, register
from identity.domain.account import Account, AccountCreated, ConsentsChanged
from identity.domain.errors import (
    AgeNotMet,
    ConsentRequired,
    EmailTaken,
    HandleTaken,
    InviteInvalid,
)
from identity.domain.network_rules import AgeRule, AgeStatement, Stated
from identity.domain.owed import owed
from identity.domain.role import Role
from identity.domain.text import Purpose

from services.identity.tests.builders import (
    NETWORK,
    NOW,
    PASSWORD,
    TEXTS,
    a_network,
    a_text,
    an_invite,
    with_text,
)
from services.identity.tests.fakes import FakeDirectory, FakePasswords


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(a_network(id=NETWORK))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


async def invited(directory: FakeDirectory, *, max_uses: int = 1, role: Role = Role.MEMBER) -> str:
    invite, code = an_invite(max_uses=max_uses, roles=[role])
    await directory.invites(NETWORK).add(invite)
    return code


async def joined(
    directory: FakeDirectory, clock: FakeClock, code: str, handle: str, email: str = ""
) -> Account:
    address = email or f"{handle}@example.org"
    wanted = Application(code, handle, address, PASSWORD, service_text_version=1)
    return await register(directory, FakePasswords(), clock, TEXTS, wanted)


async def test_who_joins_has_the_roles_of_the_invite(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory, role=Role.MENTOR)
    account = await joined(directory, clock, code, "Ada", email=" ADA@Example.org ")
    accounts = directory.accounts(NETWORK)
    assert account.roles == {Role.MENTOR}
    assert accounts.told == [
        (account.id, ConsentsChanged(NOW, Purpose.SERVICE)),
        (account.id, AccountCreated(NOW, imported=False)),
    ]
    assert await accounts.by_email("ada@example.org") == account


async def test_an_invite_is_good_for_as_many_as_it_says(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory, max_uses=2)
    await joined(directory, clock, code, "ada")
    await joined(directory, clock, code, "bea")
    with pytest.raises(InviteInvalid):
        await joined(directory, clock, code, "cleo")


async def test_an_expired_invite_lets_nobody_in(directory: FakeDirectory, clock: FakeClock) -> None:
    code = await invited(directory)
    clock.advance(timedelta(days=7))
    with pytest.raises(InviteInvalid):
        await joined(directory, clock, code, "ada")


async def test_a_handle_that_differs_by_case_is_taken_and_costs_no_seat(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory, max_uses=2)
    await joined(directory, clock, code, "Ada")
    with pytest.raises(HandleTaken):
        await joined(directory, clock, code, "aDA", email="other@example.org")
    await joined(directory, clock, code, "bea")


async def test_an_address_signs_in_to_one_account_of_a_network(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory, max_uses=2)
    await joined(directory, clock, code, "ada")
    with pytest.raises(EmailTaken):
        await joined(directory, clock, code, "bea", email="ADA@example.org")
    await joined(directory, clock, code, "bea")


async def test_no_password_is_hashed_for_an_unknown_invite(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    _, code = an_invite()

    class NoPasswords(FakePasswords):
        async def hash(self, password: str) -> str:
            raise AssertionError("hashed for a stranger")

    with pytest.raises(InviteInvalid):
        await register(
            directory,
            NoPasswords(),
            clock,
            TEXTS,
            Application(code, "ada", "ada@example.org", PASSWORD, service_text_version=1),
        )


async def test_what_cannot_be_right_is_refused_before_the_invite_is_looked_at(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    good = Application("no code", "ada", "ada@example.org", PASSWORD, service_text_version=1)
    for bad in (
        replace(good, handle="a b"), replace(good, email="ada"), replace(good, password="short"),
        replace(good, email="gro\u00df@example.org"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await register(directory, FakePasswords(), clock, TEXTS, bad)


async def test_a_lost_answer_is_had_again_though_the_invite_is_used_up(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory)
    wanted = Application(code, "ada", "ada@example.org", PASSWORD, "q1", service_text_version=1)
    account = await register(directory, FakePasswords(), clock, TEXTS, wanted)
    again = replace(wanted, email=" ADA@example.org")
    assert await register(directory, FakePasswords(), clock, TEXTS, again) == account
    assert list(directory.accounts(NETWORK).all) == [account.id]


async def test_a_lost_answer_is_had_again_while_the_invite_has_seats_and_costs_none(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory, max_uses=2)
    wanted = Application(code, "ada", "ada@example.org", PASSWORD, "q1", service_text_version=1)
    account = await register(directory, FakePasswords(), clock, TEXTS, wanted)
    assert await register(directory, FakePasswords(), clock, TEXTS, wanted) == account
    await joined(directory, clock, code, "bea")


async def test_only_the_very_same_request_is_answered_again(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code, other = await invited(directory), await invited(directory, max_uses=5)
    wanted = Application(code, "ada", "ada@example.org", PASSWORD, "q1", service_text_version=1)
    await register(directory, FakePasswords(), clock, TEXTS, wanted)
    changes: tuple[dict[str, Any], ...] = (
        {"request_id": "q2"}, {"request_id": ""}, {"password": "another password"},
        {"email": "bea@example.org", "handle": "bea"},
    )  # fmt: skip
    for change in changes:
        with pytest.raises(InviteInvalid):
            await register(directory, FakePasswords(), clock, TEXTS, replace(wanted, **change))
    with pytest.raises(HandleTaken):
        await register(directory, FakePasswords(), clock, TEXTS, replace(wanted, code=other))


async def test_a_request_id_has_an_end(directory: FakeDirectory, clock: FakeClock) -> None:
    code = await invited(directory)
    wanted = Application(
        code, "ada", "ada@example.org", PASSWORD, "q" * 101, service_text_version=1
    )
    with pytest.raises(Invalid):
        await register(directory, FakePasswords(), clock, TEXTS, wanted)


@pytest.mark.parametrize(
    "statement, stated, ok",
    [
        (AgeStatement.CONFIRMATION, Stated(confirmed=True), True),
        (AgeStatement.CONFIRMATION, Stated(), False),
        (AgeStatement.CONFIRMATION, Stated(birth_date=date(1950, 1, 1)), False),
        (AgeStatement.BIRTH_DATE, Stated(birth_date=date(NOW.year - 18, 1, 1)), True),
        (AgeStatement.BIRTH_DATE, Stated(birth_date=date(NOW.year - 18, 1, 2)), False),
    ],
)
async def test_who_is_too_young_or_says_nothing_does_not_join_and_keeps_no_seat(
    clock: FakeClock, statement: AgeStatement, stated: Stated, ok: bool
) -> None:
    strict = replace(a_network(id=NETWORK), age_rule=AgeRule(18, statement))
    directory = FakeDirectory(strict)
    code = await invited(directory)
    wanted = Application(
        code, "ada", "ada@example.org", PASSWORD, stated=stated, service_text_version=1
    )
    if ok:
        await register(directory, FakePasswords(), clock, TEXTS, wanted)
        return
    with pytest.raises(AgeNotMet):
        await register(directory, FakePasswords(), clock, TEXTS, wanted)
    [invite] = directory.invites(NETWORK).all.values()
    assert invite.seats == ()
    assert directory.accounts(NETWORK).all == {}


async def test_a_date_of_birth_that_is_asked_for_has_to_be_given(clock: FakeClock) -> None:
    strict = replace(a_network(id=NETWORK), age_rule=AgeRule(18, AgeStatement.BIRTH_DATE))
    directory = FakeDirectory(strict)
    code = await invited(directory)
    with pytest.raises(Invalid) as refused:
        await joined(directory, clock, code, "ada")
    assert refused.value.metadata == {"field": "birth_date"}


async def test_an_invite_into_no_network_lets_nobody_in(clock: FakeClock) -> None:
    directory = FakeDirectory()
    code = await invited(directory)
    with pytest.raises(InviteInvalid):
        await joined(directory, clock, code, "ada")


@pytest.mark.parametrize("version", [0, 2, 99])
async def test_nobody_joins_without_accepting_the_text_of_service(
    directory: FakeDirectory, clock: FakeClock, version: int
) -> None:
    code = await invited(directory)
    wanted = Application(code, "ada", "ada@example.org", PASSWORD, service_text_version=version)
    with pytest.raises(ConsentRequired) as refused:
        await register(directory, FakePasswords(), clock, TEXTS, wanted)
    assert refused.value.metadata == {"purpose": "service", "version": "1"}
    assert not directory.accounts(NETWORK).all


async def test_whoever_joins_has_accepted_and_may_ask_for_her_account_after_a_new_text(
    directory: FakeDirectory, clock: FakeClock
) -> None:
    code = await invited(directory)
    wanted = Application(code, "ada", "ada@example.org", PASSWORD, "q1", service_text_version=1)
    account = await register(directory, FakePasswords(), clock, TEXTS, wanted)
    accepted = account.consents[Purpose.SERVICE]
    assert (accepted.granted, accepted.text_version) == (True, 1)
    assert owed(account, TEXTS, NOW) == {}
    renewed = with_text(a_text(Purpose.SERVICE, 2, required=True, from_=NOW))
    assert await register(directory, FakePasswords(), clock, renewed, wanted) == account
