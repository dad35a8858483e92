"""Challenges: ours, for one thing and one person, and for five minutes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from identity.adapters.master_key import KeyedDigest
from identity.domain.challenge import LIFE, NONCE_BYTES, Asked, Purpose, good_until, make, name

from services.identity.tests.builders import NOW

OURS, THEIRS = KeyedDigest(b"o" * 32), KeyedDigest(b"t" * 32)
NONCE = b"n" * NONCE_BYTES
ASKED = Asked(Purpose.CREATE, b"ada")
MADE = make(OURS, ASKED, NONCE, NOW)
ASKS = st.builds(Asked, st.sampled_from(Purpose), st.sampled_from([b"", b"ada", b"ben"]))


@given(ASKS, ASKS)
def test_it_is_good_for_what_it_was_asked_for_and_for_nothing_else(
    asked: Asked, answered: Asked
) -> None:
    made = make(OURS, asked, NONCE, NOW)
    found = good_until(OURS, answered, made, NOW)
    assert found == (NOW + LIFE if asked == answered else None)


def test_it_is_good_for_five_minutes() -> None:
    almost = NOW + LIFE - timedelta(milliseconds=1)
    assert good_until(OURS, ASKED, MADE, almost) == NOW + LIFE
    assert good_until(OURS, ASKED, MADE, NOW + LIFE) is None


@given(st.integers(0, len(MADE) - 1), st.integers(1, 255))
def test_a_twisted_one_is_none(place: int, twist: int) -> None:
    twisted = bytearray(MADE)
    twisted[place] ^= twist
    assert good_until(OURS, ASKED, bytes(twisted), NOW) is None


@given(st.binary(max_size=80))
def test_what_we_did_not_make_is_none(made_up: bytes) -> None:
    assert good_until(OURS, ASKED, made_up, NOW) is None
    assert good_until(OURS, ASKED, MADE[: len(made_up) % len(MADE)], NOW) is None
    assert good_until(THEIRS, ASKED, MADE, NOW) is None


def test_what_is_remembered_of_it_does_not_tell_it() -> None:
    other = make(OURS, ASKED, b"m" * NONCE_BYTES, NOW)
    assert name(MADE) == name(MADE) != name(other)
    assert len(name(MADE)) == 32
    assert MADE not in name(MADE)
