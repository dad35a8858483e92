"""Codes as RFC 6238 has them, secrets that only their owner's key opens, each code once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from common.ids import new_id
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from identity.adapters.master_key import MasterKey
from identity.adapters.totp import TotpFactors
from identity.domain.second_factor import SecondFactor, is_totp, plain

from services.identity.tests.builders import NOW

KEY, OWNER = MasterKey(b"k" * 32), new_id()
RFC_6238_SECRET = b"12345678901234567890"
RFC_6238 = [  # appendix B, SHA-1; eight digits there, of which the last six are ours
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
    (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip


def sealed(secret: bytes) -> bytes:
    """A secret we chose, sealed as the adapter seals its own."""
    nonce = b"n" * 12
    return nonce + AESGCM(KEY.derive("totp")).encrypt(nonce, secret, OWNER.bytes)


@pytest.mark.parametrize("seconds, digits", RFC_6238)
def test_the_codes_of_rfc_6238_are_taken_in_their_time(seconds: int, digits: str) -> None:
    factors, kept = TotpFactors(KEY), sealed(RFC_6238_SECRET)
    at = datetime.fromtimestamp(seconds, UTC)
    step, code = seconds // 30, digits[-6:]
    for offset in (-30, 0, 30):
        assert factors.step_of(OWNER, kept, code, at + timedelta(seconds=offset)) == step
    for offset in (-60, 60, 90):
        assert factors.step_of(OWNER, kept, code, at + timedelta(seconds=offset)) is None


def test_a_new_secret_is_told_as_text_and_as_uri_and_is_kept_sealed() -> None:
    factors = TotpFactors(KEY)
    secret, uri, kept = factors.new_secret(OWNER, "ada")
    asked = parse_qs(urlsplit(uri).query)
    assert uri.startswith("otpauth://totp/Kith:ada?")
    assert (asked["secret"], asked["issuer"], asked["digits"]) == ([secret], ["Kith"], ["6"])
    assert len(secret) == 32  # 160 bits in base32
    assert secret.encode() not in kept
    assert factors.new_secret(OWNER, "ada")[0] != secret


def test_a_sealed_secret_opens_for_its_owner_and_key_alone() -> None:
    factors, kept = TotpFactors(KEY), sealed(RFC_6238_SECRET)
    with pytest.raises(InvalidTag):
        factors.step_of(new_id(), kept, "123456", NOW)
    with pytest.raises(InvalidTag):
        TotpFactors(MasterKey(b"x" * 32)).step_of(OWNER, kept, "123456", NOW)
    broken = kept[:-1] + bytes([kept[-1] ^ 1])
    with pytest.raises(InvalidTag):
        factors.step_of(OWNER, broken, "123456", NOW)


def test_recovery_codes_are_long_and_hashed_with_key_and_owner() -> None:
    factors = TotpFactors(KEY)
    codes = {factors.new_recovery_code() for _ in range(50)}
    assert len(codes) == 50
    code = plain(codes.pop())
    assert len(code) == 16  # 80 bits in base32
    assert not is_totp(code)
    hashes = {
        factors.hash_recovery(OWNER, code), factors.hash_recovery(new_id(), code),
        TotpFactors(MasterKey(b"x" * 32)).hash_recovery(OWNER, code),
    }  # fmt: skip
    assert len(hashes) == 3


def test_a_time_step_is_used_once_and_none_before_it_any_more() -> None:
    factor = SecondFactor(b"sealed").confirm(100, [], NOW)
    assert factor.use_step(100) is None
    assert factor.use_step(99) is None
    used = factor.use_step(101)
    assert used
    assert used.use_step(101) is None


def test_a_recovery_code_is_used_once() -> None:
    factor = SecondFactor(b"sealed").confirm(1, [b"one", b"two"], NOW)
    used = factor.use_recovery(b"one")
    assert used
    assert used.recovery == (b"two",)
    assert used.use_recovery(b"one") is None
    assert factor.use_recovery(b"three") is None


def test_nothing_secret_shows() -> None:
    shown = repr(SecondFactor(b"sealed").confirm(1, [b"hash"], NOW))
    assert "sealed" not in shown.replace("sealed_secret", "")
    assert "hash" not in shown


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", ""])
def test_six_ascii_digits_are_a_code_of_the_app(code: str) -> None:
    assert is_totp("123456")
    assert not is_totp(code)


def test_codes_are_read_as_people_type_them() -> None:
    assert plain(" 123 456\n") == "123456"
    assert plain("abcd-efgh ijkl") == "ABCDEFGHIJKL"


def test_our_hotp_is_the_one_of_rfc_4226() -> None:
    """Appendix D, so that the library cannot change under us."""
    hotp = HOTP(RFC_6238_SECRET, 6, SHA1())  # noqa: S303  # what apps know
    assert [hotp.generate(n) for n in range(3)] == [b"755224", b"287082", b"359152"]
