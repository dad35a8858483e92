"""Access tokens: JWTs signed with Ed25519 (RFC 8037), ten minutes long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from common.ids import new_id

from identity.adapters.signing_keys import KeyRing
from identity.application.ports import Session
from identity.domain.account import Account
from identity.domain.device import Device

LIFE = timedelta(minutes=10)
PASS_LIFE = timedelta(minutes=1)


class SignedTokens:
    """Implements ports.Tokens."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def issue(self, account: Account, device: Device, refresh_token: str, now: datetime) -> Session:
        """See ports.Tokens."""
        issued = int(now.timestamp())
        expires = issued + int(LIFE.total_seconds())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(account.id), "net": str(account.network_id),
            "sid": str(device.id), "roles": sorted(account.roles), "iat": issued, "exp": expires,
            "jti": str(new_id()),
        }  # fmt: skip
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
