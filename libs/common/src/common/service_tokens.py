"""Which service is calling, where no member is: short-lived tokens that services sign themselves.

A token is a JWT (RFC 7519) signed with EdDSA (RFC 8037; RFC 8725: the algorithm is fixed): `iss`
is the service that calls, `aud` the one that is called, `scope` (RFC 8693 section 4.2) what for.
Who may claim which scope is the called side's to know (`Grants`), or any service could claim any.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.types import Options

from common import log
from common.auth import ALGORITHM, LEEWAY_SECONDS, Service
from common.clock import Clock
from common.errors import Unauthenticated

logger = log.get(__name__)
CLIENT_ADDRESS = "kith-client-address"
"""Where a door's own client is; believed only with a service token of the scope CLIENT_SCOPE."""
CLIENT_SCOPE = "client-address"
SERVICE_TOKEN = "kith-service-token"  # noqa: S105  # the name of the metadata
LIFE = timedelta(minutes=5)
RENEW_BEFORE = timedelta(minutes=1)
_REREAD_SECONDS = 5.0
_REMEMBER = 1_000
_OPTIONS: Options = {
    "require": ["exp", "iss", "aud", "scope"],
    "verify_exp": False,  # checked here, against the clock we are given
    "verify_iat": False,
}
Grants = Mapping[tuple[str, str], frozenset[str]]
"""The scopes a service may claim, by its name and that of the service it calls."""
Vouch = Callable[[], str]
"""Gives a token that is good for a while yet."""


class ServiceUnauthenticated(Unauthenticated):
    """A service token is not valid; `cause` in the metadata says why. Never told to clients."""

    reason = "SERVICE_UNAUTHENTICATED"


def private_key(path: str) -> Ed25519PrivateKey:
    """The Ed25519 key in a PEM file. Raises ValueError, as `common.config.Reader` wants it."""
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"cannot be read as a private key: {type(error).__name__}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must hold an Ed25519 key")
    return key


class Trust:
    """The public keys of services: a JWKS file (RFC 7517) that is read again while it is used.

    A key's `kid` is the name of its service, followed by a slash and anything where a service has
    several, as while its key changes.
    """

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ValueError."""
        self._path = path
        self._keys = _read(path)
        self._read_at = float("-inf")

    @classmethod
    def of(cls, path: str) -> Trust:
        """The keys in a file. Raises ValueError, as `common.config.Reader` wants it."""
        return cls(Path(path))

    def keys_of(self, service: str, now: float) -> Sequence[Ed25519PublicKey]:
        """The keys of a service, none if it is not known; the file is at most 5 s older than `now`.

        A file that cannot be read leaves what was known, and is told of in the log.
        """
        if not 0 <= now - self._read_at < _REREAD_SECONDS:
            self._read_at = now
            try:
                self._keys = _read(self._path)
            except ValueError as error:
                logger.error("service_tokens.keys_unreadable", error=str(error))
        return self._keys.get(service, ())


class Peers:
    """What a service is to the others and they to it: it signs its tokens and verifies theirs."""

    def __init__(
        self, name: str, key: Ed25519PrivateKey, trust: Trust, grants: Grants, clock: Clock
    ) -> None:
        self._name = name
        self._key = key
        self._trust = trust
        self._grants = grants
        self._clock = clock
        self._known: OrderedDict[bytes, Service] = OrderedDict()

    def vouch(self, audience: str) -> Vouch:
        """Signs tokens for calls to a service, with all our scopes there; a new one every 4 min.

        Raises ValueError if we have none there.
        """
        scopes = self._grants.get((self._name, audience))
        if not scopes:
            raise ValueError(f"{self._name} has no scope at {audience}")
        token, renew_at = "", self._clock.now()

        def current() -> str:
            nonlocal token, renew_at
            now = self._clock.now()
            if not token or not renew_at - LIFE <= now < renew_at:  # also when the clock went back
                claims = {
                    "iss": self._name, "aud": audience, "scope": " ".join(sorted(scopes)),
                    "iat": int(now.timestamp()), "exp": int((now + LIFE).timestamp()),
                }  # fmt: skip
                token = jwt.encode(claims, self._key, ALGORITHM)
                renew_at = now + LIFE - RENEW_BEFORE
            return token

        return current

    def verify(self, token: str) -> Service:
        """The service that signed a token for us. Raises ServiceUnauthenticated.

        A verified token is remembered by its hash until it expires.
        """
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        now = self._clock.now().timestamp()
        service = self._known.get(digest)
        if service is None:
            service = self._verify(token, now)
            self._known[digest] = service
            if len(self._known) > _REMEMBER:
                self._known.popitem(last=False)
        if service.expires_at + LEEWAY_SECONDS <= now:
            self._known.pop(digest, None)
            raise _refused("expired")
        return service

    def _verify(self, token: str, now: float) -> Service:
        try:
            claimed = jwt.decode(token, options={"verify_signature": False})["iss"]
            claims = self._decode(token, str(claimed), now)
            expires_at, scopes = float(claims["exp"]), frozenset(str(claims["scope"]).split())
        except jwt.InvalidAudienceError:
            raise _refused("audience") from None
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _refused(type(error).__name__) from None
        if expires_at > now + LIFE.total_seconds() + LEEWAY_SECONDS:
            raise _refused("lives too long")
        name = str(claims["iss"])
        if not scopes <= self._grants.get((name, self._name), frozenset()):
            raise _refused("scope")
        return Service(name, scopes, expires_at)

    def _decode(self, token: str, claimed: str, now: float) -> dict[str, Any]:
        """The claims, if a key of the service that the token names has signed them."""
        for key in self._trust.keys_of(claimed, now):
            try:
                return jwt.decode(
                    token, key, algorithms=[ALGORITHM], issuer=claimed, audience=self._name,
                    options=_OPTIONS,
                )  # fmt: skip
            except jwt.InvalidSignatureError:
                continue
        raise _refused("unknown key")


def _refused(cause: str) -> ServiceUnauthenticated:
    logger.warning("service_tokens.refused", cause=cause)
    return ServiceUnauthenticated("the service token is not valid", cause=cause)


def _read(path: Path) -> Mapping[str, Sequence[Ed25519PublicKey]]:
    """The keys by service. Raises ValueError."""
    try:
        found = jwt.PyJWKSet.from_json(path.read_text()).keys
    except (OSError, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
        raise ValueError(f"cannot be read as a JWKS: {type(error).__name__}") from None
    keys: dict[str, list[Ed25519PublicKey]] = {}
    for one in found:
        if not isinstance(one.key, Ed25519PublicKey) or not one.key_id:
            raise ValueError("must hold Ed25519 keys with the names of their services as kid")
        keys.setdefault(one.key_id.partition("/")[0], []).append(one.key)
    return keys
