"""Parts of an export open with their secret, in their place, and else not."""

from __future__ import annotations

import base64

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from identity.adapters.export_seal import X25519Seal

SEAL = X25519Seal()


@given(st.binary(max_size=2_000), st.binary(max_size=24))
def test_what_was_sealed_is_opened(content: bytes, place: bytes) -> None:
    secret, public = SEAL.new()
    sealed = SEAL.seal(public, place, content)
    assert SEAL.fits(secret, public)
    assert SEAL.open(secret, place, sealed) == content
    assert sealed != SEAL.seal(public, place, content), "no two are alike"


def test_another_secret_another_place_and_a_changed_byte_open_nothing() -> None:
    secret, public = SEAL.new()
    other, _ = SEAL.new()
    sealed = SEAL.seal(public, b"1", b"private words")
    assert b"private" not in sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for attempt in ((other, b"1", sealed), (secret, b"2", sealed), (secret, b"1", changed),
                    (secret, b"1", b""), ("no secret", b"1", sealed)):  # fmt: skip
        with pytest.raises(Invalid):
            SEAL.open(*attempt)
    assert not SEAL.fits(other, public)


def test_what_identity_keeps_does_not_open_it() -> None:
    secret, public = SEAL.new()
    assert len(secret) == 43
    sealed = SEAL.seal(public, b"1", b"private words")
    for kept in (public, sealed[:32]):
        with pytest.raises(Invalid):
            SEAL.open(base64.urlsafe_b64encode(kept).rstrip(b"=").decode(), b"1", sealed)
