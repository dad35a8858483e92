"""What an account decides and what is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Invalid, Limited
from hypothesis import given
from hypothesis import strategies as st
from identity.domain import consent
from identity.domain.account import (
    MAX_DECISIONS,
    Account,
    AccountCreated,
    Event,
    Origin,
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.consent import Purpose
from identity.domain.granting import set_roles
from identity.domain.role import Role

from services.identity.tests.builders import NOW, a_member, an_imported


@given(st.lists(st.booleans(), max_size=30))
def test_every_change_of_mind_is_recorded_once_and_told_once(answers: list[bool]) -> None:
    account, _ = a_member()
    told: list[Event] = []
    for step, granted in enumerate(answers):
        account, events = account.decide(Purpose.SIGNALS, granted, NOW + timedelta(seconds=step))
        told += events
    changes = [b for a, b in zip([None, *answers], answers, strict=False) if a != b]
    assert [decision.granted for decision in account.decisions] == changes
    assert account.version == 1 + len(changes)
    first_no = changes[:1] == [False]
    assert [isinstance(e, SignalsConsentChanged) and e.granted for e in told] == changes[first_no:]


@given(st.lists(st.booleans(), max_size=30))
def test_decisions_once_recorded_never_change(answers: list[bool]) -> None:
    account, _ = a_member()
    for granted in answers:
        before = account.decisions
        account, _ = account.decide(Purpose.SIGNALS, granted, NOW)
        assert account.decisions[: len(before)] == before


def test_deciding_the_same_again_is_the_same_account() -> None:
    account, _ = a_member()
    account, _ = account.decide(Purpose.SIGNALS, True, NOW)
    again, events = account.decide(Purpose.SIGNALS, True, NOW + timedelta(days=1))
    assert again is account
    assert not events


def test_a_yes_to_a_text_from_elsewhere_is_asked_again_without_a_new_fact() -> None:
    account, _ = an_imported(consented=True)
    account, events = account.decide(Purpose.SIGNALS, True, NOW)
    assert [decision.text_version for decision in account.decisions] == [
        consent.TEXT_OF_SOURCE,
        consent.TEXT_VERSIONS[Purpose.SIGNALS],
    ]
    assert not events


def test_decisions_stay_in_order_when_the_clock_goes_back() -> None:
    account, _ = a_member()
    told: list[Event] = []
    for granted, at in ((True, NOW), (False, NOW), (True, NOW - timedelta(hours=1))):
        account, events = account.decide(Purpose.SIGNALS, granted, at)
        told += events
    times = [event.at for event in told if isinstance(event, SignalsConsentChanged)]
    assert len(times) == 3
    assert times == sorted(set(times)) == [each.decided_at for each in account.decisions]


def test_who_decided_too_often_can_still_withdraw_but_not_agree_again() -> None:
    account, _ = a_member()
    for number in range(MAX_DECISIONS):
        account, _ = account.decide(Purpose.SIGNALS, number % 2 == 1, NOW)
    later = NOW + timedelta(days=1)
    account, events = account.decide(Purpose.SIGNALS, False, later)
    assert events == (SignalsConsentChanged(later, granted=False, imported=False),)
    with pytest.raises(Limited):
        account.decide(Purpose.SIGNALS, True, NOW)


def test_consent_of_an_imported_member_is_told_before_her_account() -> None:
    account, events = an_imported(consented=True)
    assert events == (
        SignalsConsentChanged(NOW, granted=True, imported=True),
        AccountCreated(NOW, imported=True),
    )
    assert account.consents[Purpose.SIGNALS].imported


def test_without_consent_only_the_account_is_told() -> None:
    account, events = an_imported(consented=False)
    assert events == (AccountCreated(NOW, imported=True),)
    assert not account.consents


def test_signing_in_is_a_new_version() -> None:
    account, _ = a_member()
    signed_in, events = account.sign_in(NOW)
    assert (signed_in.version, events) == (2, (SignedIn(NOW),))


@pytest.mark.parametrize(
    "roles", [frozenset[Role](), frozenset({Role.PLATFORM_OPERATOR}), frozenset(Role)]
)
def test_roles_nobody_may_give_are_refused(roles: frozenset[Role]) -> None:
    account, _ = a_member()
    with pytest.raises(Invalid):
        set_roles(account, roles, account.id, "", NOW)


def test_a_hash_replaces_only_the_one_it_was_made_from() -> None:
    account, _ = a_member(hashed="old")
    renewed = account.with_password_hash("new", instead_of="old")
    assert renewed.credentials
    assert renewed.credentials.password_hash == "new"
    assert account.with_password_hash("new", instead_of="another") is account
    imported, _ = an_imported()
    assert imported.with_password_hash("new", instead_of="old") is imported


@pytest.mark.parametrize("text", ["", "x" * 201, "a\nb", "a\x00"])
def test_an_external_id_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Origin("old-place", text)


def test_an_account_shows_neither_address_nor_hash_when_printed() -> None:
    account: Account = a_member("ada", hashed="secret-hash")[0]
    assert "example.org" not in repr(account)
    assert "secret-hash" not in repr(account)


def test_closing_an_account_ends_its_sessions_once() -> None:
    account, _ = a_member()
    closed, events = account.close(NOW)
    assert (closed.closed, closed.session_epoch) == (True, account.session_epoch + 1)
    assert len(events) == 1
    assert closed.close(NOW) == (closed, ())
