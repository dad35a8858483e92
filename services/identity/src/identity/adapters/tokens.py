"""Access tokens: JWTs signed with Ed25519 (RFC 8037), good for ten minutes or until a role ends."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from common.ids import new_id

from identity.adapters.signing_keys import KeyRing
from identity.application.ports import Session
from identity.domain.account import Account
from identity.domain.device import Device
from identity.domain.owed import owed
from identity.domain.text import Purpose, Texts

LIFE = timedelta(minutes=10)
PASS_LIFE = timedelta(minutes=1)


class SignedTokens:
    """Implements ports.Tokens.

    A token says which decisions are open; so it ends when a text comes into force that has to be
    decided on, and the next one says so.
    """

    def __init__(self, keys: KeyRing, texts: Texts) -> None:
        self._keys = keys
        self._texts = texts

    def issue(self, account: Account, device: Device, refresh_token: str, now: datetime) -> Session:
        """See ports.Tokens."""
        issued = int(now.timestamp())
        roles, until = account.held.in_force(now + timedelta(seconds=1))  # `exp` is whole seconds
        expires = issued + int(LIFE.total_seconds())
        if (coming := self._texts.next_needed(now)) is not None:
            expires = min(expires, math.ceil(coming.timestamp()))
        if until is not None:
            expires = min(expires, int(until.timestamp()))
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(account.id), "net": str(account.network_id),
            "sid": str(device.id), "epoch": device.epoch, "roles": sorted(roles),
            "iat": issued, "exp": expires, "jti": str(new_id()),
            "auth_time": int(device.created_at.timestamp()), "amr": list(device.amr),
        }  # fmt: skip
        agreed = account.consents.get(Purpose.SERVICE)
        if agreed is not None and agreed.granted:
            claims["terms"] = agreed.text_version
        if open_ones := owed(account, self._texts, now):
            claims["owes"] = {str(purpose): version for purpose, version in open_ones.items()}
        key = self._keys.signing(now)
        token = jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})
        return Session(
            token, datetime.fromtimestamp(expires, UTC), account.id, account.network_id,
            device.id, refresh_token, device.expires_at,
        )  # fmt: skip

    def sign_pass(self, account: Account, now: datetime) -> str:
        """What identity shows another service to ask for this member's own records.

        It has no role, so the policy lets it do only what any account may about itself, and no
        session; and it lives for a call.
        """
        issued = int(now.timestamp())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(account.id), "net": str(account.network_id),
            "roles": [], "iat": issued, "exp": issued + int(PASS_LIFE.total_seconds()),
            "jti": str(new_id()),
        }  # fmt: skip
        key = self._keys.signing(now)
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})

    def jwks(self) -> str:
        """See ports.Tokens."""
        return self._keys.jwks
