"""What an account decides and what is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Invalid, Limited
from hypothesis import given
from hypothesis import strategies as st
from identity.domain.account import (
    MAX_DECISIONS,
    Account,
    AccountCreated,
    ConsentsChanged,
    Event,
    Origin,
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.consent import TEXT_OF_SOURCE, Action, Decision
from identity.domain.granting import set_roles
from identity.domain.role import Role
from identity.domain.text import Purpose

from services.identity.tests.builders import NOW, a_choice, a_member, a_text, an_imported


@given(st.lists(st.booleans(), max_size=30))
def test_every_change_of_mind_is_told_once(answers: list[bool]) -> None:
    account, _ = a_member()
    told: list[Event] = []
    for step, granted in enumerate(answers):
        account, events = account.decide(a_choice(granted), NOW + timedelta(seconds=step))
        told += events
    changes = [b for a, b in zip([None, *answers], answers, strict=False) if a != b]
    assert [decision.granted for decision in account.decisions] == changes[-1:]
    assert account.version == 1 + len(changes)
    first_no = changes[:1] == [False]
    signals = [event.granted for event in told if isinstance(event, SignalsConsentChanged)]
    assert signals == changes[first_no:]
    assert sum(isinstance(event, ConsentsChanged) for event in told) == len(changes)


decisions = st.lists(st.tuples(st.sampled_from(Purpose), st.booleans()), max_size=40)


@given(decisions)
def test_the_account_keeps_the_latest_of_each_purpose_numbered_without_gaps(
    made: list[tuple[Purpose, bool]],
) -> None:
    account, _ = a_member()
    records: dict[int, Decision] = {}
    for purpose, granted in made:
        account, _ = account.decide(a_choice(granted, purpose), NOW)
        for decision in account.decisions:
            assert records.setdefault(decision.number, decision) == decision, "it changed"
    assert sorted(records) == list(range(1, len(records) + 1))
    assert len({decision.id for decision in records.values()}) == len(records)
    latest = {records[number].purpose: records[number] for number in sorted(records)}
    assert account.consents == latest
    times = [records[number].decided_at for number in sorted(records)]
    assert times == sorted(set(times))


def test_a_no_is_declined_before_a_yes_and_withdrawn_after_one() -> None:
    account, _ = a_member()
    actions = []
    for granted in (False, True, False, True):
        account, _ = account.decide(a_choice(granted), NOW)
        actions.append(account.consents[Purpose.SIGNALS].action)
    assert actions == [Action.DECLINED, Action.GRANTED, Action.WITHDRAWN, Action.GRANTED]


def test_a_yes_to_a_newer_text_is_told_with_its_version() -> None:
    account, _ = a_member()
    account, _ = account.decide(a_choice(True), NOW)
    newer = a_text(version=2)
    account, events = account.decide(a_choice(True, text=newer), NOW + timedelta(days=1))
    assert events == (
        SignalsConsentChanged(
            NOW + timedelta(days=1), granted=True, text_version=2, imported=False
        ),
        ConsentsChanged(NOW + timedelta(days=1), Purpose.SIGNALS),
    )
    assert account.consents[Purpose.SIGNALS].text_digest == newer.digest


def test_deciding_the_same_again_is_the_same_account() -> None:
    account, _ = a_member()
    account, _ = account.decide(a_choice(True), NOW)
    again, events = account.decide(a_choice(True), NOW + timedelta(days=1))
    assert again is account
    assert not events


def test_a_yes_to_a_text_from_elsewhere_is_asked_again() -> None:
    account, _ = an_imported(consented=True)
    assert account.consents[Purpose.SIGNALS].text_version == TEXT_OF_SOURCE
    account, events = account.decide(a_choice(True), NOW)
    assert account.consents[Purpose.SIGNALS].text_version == 1
    assert isinstance(events[0], SignalsConsentChanged)
    assert (events[0].text_version, events[0].imported) == (1, False)


def test_decisions_stay_in_order_when_the_clock_goes_back() -> None:
    account, _ = a_member()
    told: list[Event] = []
    for granted, at in ((True, NOW), (False, NOW), (True, NOW - timedelta(hours=1))):
        account, events = account.decide(a_choice(granted), at)
        told += events
    times = [event.at for event in told if isinstance(event, SignalsConsentChanged)]
    assert len(times) == 3
    assert times == sorted(set(times))
    assert times[-1:] == [each.decided_at for each in account.decisions]


def test_who_decided_too_often_can_still_withdraw_but_not_agree_again() -> None:
    account, _ = a_member()
    for number in range(MAX_DECISIONS):
        account, _ = account.decide(a_choice(number % 2 == 1), NOW)
    later = NOW + timedelta(days=1)
    account, events = account.decide(a_choice(False), later)
    assert events[0] == SignalsConsentChanged(later, granted=False, text_version=1, imported=False)
    with pytest.raises(Limited):
        account.decide(a_choice(True), NOW)


def test_who_decided_too_often_can_still_agree_to_a_newer_text() -> None:
    account, _ = a_member()
    account, _ = account.decide(a_choice(True, Purpose.SERVICE), NOW)
    for number in range(MAX_DECISIONS - 1):
        account, _ = account.decide(a_choice(number % 2 == 1), NOW)
    newer = a_text(Purpose.SERVICE, 2, required=True)
    account, _ = account.decide(a_choice(True, text=newer), NOW)
    assert account.consents[Purpose.SERVICE].text_version == 2


def test_consent_of_an_imported_member_is_told_before_her_account() -> None:
    account, events = an_imported(consented=True)
    assert events == (
        SignalsConsentChanged(NOW, granted=True, text_version=0, imported=True),
        ConsentsChanged(NOW, Purpose.SIGNALS),
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
