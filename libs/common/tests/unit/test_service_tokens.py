"""Service tokens: only what a known service signed, for us, now, and with scopes that it has."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from common.auth import Service
from common.service_tokens import LIFE, Peers, ServiceUnauthenticated, Trust
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import RSAAlgorithm
from structlog.testing import capture_logs

from libs.common.tests.service_keys import KEYS, jwks

GRANTS = {
    ("gateway", "identity"): frozenset({"anonymous", "client-address"}),
    ("community", "identity"): frozenset({"keys"}),
}


class Known:
    """A file of keys, a service that is called, and whoever calls it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.path = folder / "keys.json"
        self.publish(**{name: KEYS[name] for name in ("gateway", "identity", "community")})
        self.identity = self.peers("identity", KEYS["identity"])
        self.gateway = self.peers("gateway", KEYS["gateway"])

    def publish(self, **keys: Ed25519PrivateKey) -> None:
        """What everybody trusts from now on."""
        self.path.write_text(jwks({kid.replace("__", "/"): key for kid, key in keys.items()}))

    def peers(self, name: str, key: Ed25519PrivateKey) -> Peers:
        return Peers(name, key, Trust(self.path), GRANTS, self.clock)

    def token(self, key: Any = KEYS["gateway"], algorithm: str = "EdDSA", **changed: Any) -> str:
        """A good token of the gateway's but for what is changed (None takes away)."""
        claims = {
            "iss": "gateway", "aud": "identity", "scope": "client-address",
            "exp": (self.clock.now() + LIFE).timestamp(), **changed,
        }  # fmt: skip
        return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm)

    def cause(self, token: str) -> str:
        """Why it is refused."""
        with pytest.raises(ServiceUnauthenticated) as refused, capture_logs() as logs:
            self.identity.verify(token)
        cause = refused.value.metadata["cause"]
        assert logs == [{"event": "service_tokens.refused", "cause": cause, "log_level": "warning"}]
        return cause


@pytest.fixture
def known(tmp_path: Path) -> Known:
    return Known(tmp_path)


def test_a_service_says_who_it_is_and_what_it_may(known: Known) -> None:
    expected = Service(
        "gateway", frozenset({"anonymous", "client-address"}),
        (known.clock.now() + LIFE).timestamp(),
    )  # fmt: skip
    token = known.gateway.vouch("identity")()
    assert known.identity.verify(token) == expected
    assert known.identity.verify(token) is known.identity.verify(token)  # remembered


@pytest.mark.parametrize(
    "changed, cause",
    [
        ({"key": Ed25519PrivateKey.generate()}, "unknown key"),
        ({"key": KEYS["community"]}, "unknown key"),  # a service that signs for another
        ({"iss": "nobody"}, "unknown key"),
        ({"iss": None}, "KeyError"),
        ({"aud": "messaging"}, "audience"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"scope": "keys"}, "scope"),  # another service's
        ({"scope": "client-address everything"}, "scope"),
        ({"scope": None}, "MissingRequiredClaimError"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"exp": "soon"}, "ValueError"),
        ({"exp": 9_000_000_000}, "lives too long"),
        ({"exp": 1_000}, "expired"),
        ({"key": "k" * 64, "algorithm": "HS256"}, "InvalidAlgorithmError"),
        ({"key": None, "algorithm": "none"}, "InvalidAlgorithmError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_right_is_refused_and_says_why(
    known: Known, changed: dict[str, Any], cause: str
) -> None:
    known.identity.verify(known.token())
    assert known.cause(known.token(**changed)) == cause


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\udcff"])
def test_what_is_no_token_is_refused(known: Known, token: str) -> None:
    assert known.cause(token)


def test_a_service_may_claim_less_than_it_may(known: Known) -> None:
    assert known.identity.verify(known.token(scope="")).scopes == frozenset()


def test_a_token_that_was_good_ends(known: Known) -> None:
    token = known.token()
    known.identity.verify(token)
    known.clock.advance(LIFE + timedelta(seconds=4))
    known.identity.verify(token)
    known.clock.advance(timedelta(seconds=1))
    assert known.cause(token) == "expired"


def test_a_token_is_used_while_it_is_good_for_a_minute_and_then_renewed(known: Known) -> None:
    vouch = known.gateway.vouch("identity")
    first = vouch()
    known.clock.advance(timedelta(minutes=3, seconds=59))
    assert vouch() == first
    known.clock.advance(timedelta(seconds=1))
    second = vouch()
    assert second != first
    known.identity.verify(second)
    known.clock.advance(-timedelta(hours=1))
    known.identity.verify(vouch())


def test_without_a_scope_there_nothing_is_signed_for(known: Known) -> None:
    with pytest.raises(ValueError, match="gateway has no scope at messaging"):
        known.gateway.vouch("messaging")


def test_a_key_changes_without_a_call_refused_and_the_old_one_is_over(known: Known) -> None:
    new = Ed25519PrivateKey.generate()
    others = {"identity": KEYS["identity"]}
    old_peers, new_peers = known.gateway, known.peers("gateway", new)
    assert known.cause(new_peers.vouch("identity")()) == "unknown key"

    known.publish(**others, gateway=KEYS["gateway"], gateway__2=new)  # 1 everybody knows both
    known.clock.advance(timedelta(seconds=5))
    known.identity.verify(old_peers.vouch("identity")())
    known.identity.verify(new_peers.vouch("identity")())  # 2 the gateway signs with the new one

    known.publish(**others, gateway__2=new)  # 3 nobody knows the old one
    known.clock.advance(timedelta(seconds=5))
    known.identity.verify(known.peers("gateway", new).vouch("identity")())
    assert known.cause(known.token(scope="anonymous")) == "unknown key"


def test_a_file_that_cannot_be_read_leaves_what_was_known_and_is_told_of(known: Known) -> None:
    known.path.write_text("{")
    known.clock.advance(timedelta(seconds=5))
    with capture_logs() as logs:
        known.identity.verify(known.token())
    assert [entry["event"] for entry in logs] == ["service_tokens.keys_unreadable"]


@pytest.mark.parametrize("content", ["", "[]", '{"keys": []}', '{"keys": [{"kty": "OKP"}]}'])
def test_a_service_does_not_start_on_a_file_that_holds_no_keys(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="cannot be read as a JWKS"):
        Trust.of(str(path))


def test_keys_of_another_kind_or_of_nobody_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    key = rsa.generate_private_key(65_537, 2048).public_key()
    path.write_text(f'{{"keys": [{RSAAlgorithm.to_jwk(key)}]}}')
    with pytest.raises(ValueError, match="must hold Ed25519 keys"):
        Trust.of(str(path))
