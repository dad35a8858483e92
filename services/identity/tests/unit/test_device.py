"""One family of refresh tokens: each works once, and what must not work ends it or is nothing."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import Invalid
from identity.domain.device import (
    IDLE_LIFE,
    LONGEST_LIFE,
    REPEATABLE,
    Device,
    RefreshToken,
    checked_label,
)
from identity.domain.errors import RefreshTokenReused, SessionEnded

from services.identity.tests.builders import NOW, a_device, a_member

SALT, OTHER_SALT = b"s" * 32, b"t" * 32
SOON = NOW + timedelta(minutes=10)


def ended(device: Device, token: RefreshToken, request_id: str = "q") -> type[SessionEnded]:
    """What kind of end it is to show a token."""
    with pytest.raises(SessionEnded) as refused:
        device.exchange(token, request_id, OTHER_SALT, SOON)
    return type(refused.value)


def test_a_token_comes_back_from_its_text_and_shows_no_secret() -> None:
    _, token = a_device()
    text = token.text()
    assert RefreshToken.parse(text) == token
    assert len(text) == 128
    assert repr(token.secret) not in repr(token)
    assert repr(token.family) not in repr(token)


@pytest.mark.parametrize("text", ["", "x", "ü" * 128, "A" * 127, "A" * 132, "A" * 10**5])
def test_what_was_never_a_token_opens_nothing(text: str) -> None:
    with pytest.raises(SessionEnded):
        RefreshToken.parse(text)


def test_a_device_keeps_no_secret_and_shows_no_hash() -> None:
    device, token = a_device()
    changed, following = device.exchange(token, "q", SALT, NOW)
    for secret in (token.secret, token.family, following.secret):
        assert secret not in (changed.family, changed.current)
        assert changed.last
        assert secret not in (changed.last.used, changed.last.request, changed.last.salt)
    shown = repr(changed)
    for kept in (changed.family, changed.current, SALT):
        assert repr(kept) not in shown


def test_a_token_is_exchanged_for_the_next() -> None:
    device, token = a_device()
    changed, following = device.exchange(token, "q", SALT, SOON)
    assert (changed.id, changed.version, changed.used_at) == (device.id, 2, SOON)
    assert following.secret != token.secret
    assert following.family == token.family
    again, _ = changed.exchange(following, "r", OTHER_SALT, SOON)
    assert again.version == 3


@pytest.mark.parametrize("request_id", ["", "other"])
def test_a_token_used_before_is_reuse(request_id: str) -> None:
    device, token = a_device()
    changed, _ = device.exchange(token, "q", SALT, SOON)
    assert ended(changed, token, request_id) is RefreshTokenReused


def test_without_a_request_id_nothing_can_be_repeated() -> None:
    device, token = a_device()
    changed, _ = device.exchange(token, "", SALT, SOON)
    assert ended(changed, token, "") is RefreshTokenReused


def test_the_same_request_gets_the_same_token_again_for_a_minute() -> None:
    device, token = a_device()
    changed, following = device.exchange(token, "q", SALT, NOW)
    almost = NOW + REPEATABLE - timedelta(milliseconds=1)
    assert changed.exchange(token, "q", OTHER_SALT, almost) == (changed, following)
    with pytest.raises(RefreshTokenReused):
        changed.exchange(token, "q", OTHER_SALT, NOW + REPEATABLE)


def test_once_the_next_token_was_used_the_request_before_cannot_be_repeated() -> None:
    device, token = a_device()
    changed, following = device.exchange(token, "q", SALT, NOW)
    later, _ = changed.exchange(following, "r", OTHER_SALT, NOW)
    assert ended(later, token, "q") is RefreshTokenReused


def test_the_next_token_follows_from_neither_side_alone() -> None:
    device, token = a_device()
    [(_, one), (_, other), (_, third)] = [
        device.exchange(token, "q", SALT, NOW), device.exchange(token, "q", OTHER_SALT, NOW),
        device.exchange(token, "r", SALT, NOW),
    ]  # fmt: skip
    assert len({one.secret, other.secret, third.secret}) == 3


def test_somebody_who_only_knows_ids_can_end_nothing() -> None:
    device, token = a_device()
    guessed = replace(token, family=b"x" * 32, secret=b"x" * 32)
    assert ended(device, guessed) is SessionEnded
    assert ended(device, replace(token, family=b"x" * 32)) is SessionEnded


def test_a_device_that_is_not_used_is_signed_out_and_so_is_one_after_a_year() -> None:
    device, token = a_device()
    assert device.expires_at == NOW + IDLE_LIFE
    with pytest.raises(SessionEnded):
        device.exchange(token, "q", SALT, NOW + IDLE_LIFE)
    old = replace(device, used_at=NOW + LONGEST_LIFE - timedelta(days=1))
    assert old.expires_at == NOW + LONGEST_LIFE
    assert not device.signed_in(0, NOW + IDLE_LIFE)


def test_a_device_is_signed_in_under_one_epoch_of_its_account() -> None:
    account, _ = a_member()
    device, _ = a_device(account)
    assert device.signed_in(account.session_epoch, NOW)
    assert not device.signed_in(account.end_sessions(NOW)[0].session_epoch, NOW)


def test_a_clock_that_went_back_moves_nothing_back() -> None:
    device, token = a_device(at=SOON)
    changed, _ = device.exchange(token, "q", SALT, NOW)
    assert changed.used_at == SOON


def test_a_request_id_has_an_end() -> None:
    device, token = a_device()
    with pytest.raises(Invalid):
        device.exchange(token, "q" * 101, SALT, NOW)


@pytest.mark.parametrize("label", ["x" * 101, "a\nb", "\x00"])
def test_a_label_that_cannot_be_shown_is_refused(label: str) -> None:
    with pytest.raises(Invalid):
        checked_label(label)


def test_a_label_may_be_empty_and_is_kept_without_blanks_around_it() -> None:
    assert checked_label("") == ""
    assert checked_label(" Ada’s phone ") == "Ada’s phone"


def test_every_bit_of_a_token_counts() -> None:
    device, token = a_device()
    content = base64.urlsafe_b64decode(token.text())
    for index in range(32, 96):
        broken = bytearray(content)
        broken[index] ^= 1
        shown = RefreshToken.parse(base64.urlsafe_b64encode(broken).decode())
        with pytest.raises(SessionEnded):
            device.exchange(shown, "q", SALT, NOW)
