"""Keys and tokens as the standards have them."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from common import auth
from common.errors import Unauthenticated
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import SignedTokens
from identity.domain.text import Purpose

from services.identity.tests.builders import (
    NOW,
    TEXTS,
    a_choice,
    a_device,
    a_member,
    a_text,
    with_text,
)

RFC_8037_SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
KEY = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(RFC_8037_SECRET))


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    assert json.loads(SignedTokens(KeyRing.of(KEY), TEXTS).jwks()) == {
        "keys": [
            {
                "alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "use": "sig",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            }
        ]
    }  # fmt: skip


def test_a_token_carries_these_claims_and_no_more() -> None:
    tokens = SignedTokens(KeyRing.of(KEY), TEXTS)
    account, _ = a_member()[0].decide(a_choice(True, Purpose.SERVICE), NOW)
    device, token = a_device(account)
    session = tokens.issue(account, device, token.text(), NOW)
    claims = jwt.decode(session.access_token, options={"verify_signature": False})
    header = jwt.get_unverified_header(session.access_token)
    assert set(claims) == {
        "iss",
        "aud",
        "sub",
        "net",
        "sid",
        "epoch",
        "roles",
        "terms",
        "iat",
        "exp",
        "jti",
        "auth_time",
        "amr",
    }
    assert (claims["iss"], claims["aud"]) == ("kith", "kith")
    assert (claims["sub"], claims["net"]) == (str(account.id), str(account.network_id))
    assert claims["sid"] == str(session.session_id) == str(device.id)
    assert (claims["roles"], claims["terms"]) == (["member"], 1)
    assert claims["exp"] - claims["iat"] == 600
    assert header == {
        "alg": "EdDSA",
        "typ": "JWT",
        "kid": json.loads(tokens.jwks())["keys"][0]["kid"],
    }
    again = tokens.issue(account, device, token.text(), NOW)
    assert again.access_token != session.access_token
    assert session.access_token not in repr(session)
    assert session.refresh_token not in repr(session)


async def test_another_key_verifies_nothing_of_ours() -> None:
    ours, theirs = (
        SignedTokens(KeyRing.of(KEY), TEXTS),
        SignedTokens(KeyRing.of(Ed25519PrivateKey.generate()), TEXTS),
    )

    async def jwks() -> str:
        return theirs.jwks()

    account, _ = a_member()
    device, _ = a_device(account)
    token = ours.issue(account, device, "", NOW).access_token
    with pytest.raises(Unauthenticated):
        await auth.Verifier(jwks, FakeClock(NOW)).verify(token)


def test_a_token_says_what_she_owes_and_ends_when_that_changes() -> None:
    coming = a_text(Purpose.SERVICE, 2, required=True, from_=NOW + timedelta(seconds=90))
    tokens = SignedTokens(KeyRing.of(KEY), with_text(coming))
    account, _ = a_member()[0].decide(a_choice(True, Purpose.SERVICE), NOW)
    device, _ = a_device(account)

    def claims(at: datetime) -> dict[str, Any]:
        token = tokens.issue(account, device, "", at).access_token
        found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return found

    before, after = claims(NOW), claims(NOW + timedelta(seconds=90))
    assert (before["exp"] - before["iat"], before.get("owes")) == (90, None)
    assert (after["exp"] - after["iat"], after["owes"]) == (600, {"service": 2})
    account, _ = a_member()
    undecided = claims(NOW)
    assert (undecided["owes"], undecided.get("terms")) == ({"service": 1}, None)
