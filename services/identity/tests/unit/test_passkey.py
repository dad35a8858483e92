"""Passkeys as a part of the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import Invalid
from common.ids import new_id
from identity.domain import passkey
from identity.domain.account import SignedIn
from identity.domain.errors import CredentialsInvalid, PasskeyInvalid, PasskeyNotFound
from identity.domain.passkey import MAX_PASSKEYS, Passkey

from services.identity.tests.builders import NOW, a_member

ADA = a_member("ada")[0]
LATER = NOW + timedelta(hours=1)


def a_passkey(count: int = 0, label: str = " Phone ") -> Passkey:
    id = new_id()
    return Passkey(id, id.bytes, b"cose", count, ("internal",), label, NOW)


def test_one_is_added_renamed_and_removed() -> None:
    one = a_passkey()
    account = passkey.add(ADA, one)
    assert account.passkeys == (replace(one, label="Phone"),)
    renamed = passkey.rename(account, one.id, "Old")
    assert (renamed.passkeys[0].label, renamed.version) == ("Old", ADA.version + 2)
    assert passkey.remove(renamed, one.id).passkeys == ()
    assert passkey.remove(ADA, one.id) is ADA
    with pytest.raises(PasskeyNotFound):
        passkey.rename(ADA, one.id, "Old")
    with pytest.raises(Invalid):
        passkey.rename(account, one.id, "a\nb")


def test_the_same_one_and_one_too_many_are_refused() -> None:
    account, first = ADA, a_passkey()
    account = passkey.add(account, first)
    with pytest.raises(PasskeyInvalid):
        passkey.add(account, replace(a_passkey(), credential_id=first.credential_id))
    for _ in range(MAX_PASSKEYS - 1):
        account = passkey.add(account, a_passkey())
    with pytest.raises(PasskeyInvalid):
        passkey.add(account, a_passkey())


@pytest.mark.parametrize("known, said", [(0, 0), (0, 1), (5, 6), (5, 500)])
def test_signing_in_notes_count_and_time_in_one_version(known: int, said: int) -> None:
    one = a_passkey(known)
    account = passkey.add(ADA, one)
    signed_in, events = passkey.sign_in(account, one.id, said, LATER)
    assert (signed_in.passkeys[0].sign_count, signed_in.passkeys[0].used_at) == (said, LATER)
    assert (signed_in.version, events) == (account.version + 1, (SignedIn(LATER),))


@pytest.mark.parametrize("known, said", [(5, 5), (5, 4), (5, 0)])
def test_a_count_that_does_not_grow_opens_nothing(known: int, said: int) -> None:
    one = a_passkey(known)
    with pytest.raises(CredentialsInvalid):
        passkey.sign_in(passkey.add(ADA, one), one.id, said, LATER)


def test_one_that_was_removed_meanwhile_opens_nothing() -> None:
    with pytest.raises(CredentialsInvalid):
        passkey.sign_in(ADA, new_id(), 1, LATER)


def test_a_key_is_not_shown_when_printed() -> None:
    assert "cose" not in repr(passkey.add(ADA, a_passkey()))
