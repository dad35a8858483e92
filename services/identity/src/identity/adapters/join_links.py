"""Links for who has no account yet: sealed (AES-256-GCM), so that nothing of them is kept."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.adapters.master_key import MasterKey
from identity.domain.applying import Confirmed
from identity.domain.errors import LinkInvalid
from identity.domain.mail_link import UNUSABLE

_NONCE_BYTES, _TIME_BYTES, _TAG_BYTES = 12, 8, 16
_LEAST = _NONCE_BYTES + 16 + _TIME_BYTES + _TAG_BYTES
_MOST = 4 * 1024
"""Characters: far more than the longest address takes."""


class SealedJoinLinks:
    """Implements joining_ports.JoinLinks."""

    def __init__(self, key: MasterKey) -> None:
        self._cipher = AESGCM(key.derive("join links"))

    def make(self, confirmed: Confirmed, until: datetime) -> str:
        """See joining_ports.JoinLinks."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ends = epoch_millis(until).to_bytes(_TIME_BYTES)
        content = confirmed.network_id.bytes + ends + confirmed.email.encode()
        sealed = nonce + self._cipher.encrypt(nonce, content, None)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, token: str, now: datetime) -> Confirmed:
        """See joining_ports.JoinLinks."""
        content = self._unsealed(token)
        ends = int.from_bytes(content[16 : 16 + _TIME_BYTES])
        if ends <= epoch_millis(now):
            raise LinkInvalid(UNUSABLE)
        email = content[16 + _TIME_BYTES :].decode()
        return Confirmed(UUID(bytes=content[:16]), email)

    def _unsealed(self, token: str) -> bytes:
        try:
            padded = token[:_MOST] + "=" * (-len(token) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            sealed = b""
        if len(sealed) < _LEAST:
            raise LinkInvalid(UNUSABLE)
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except InvalidTag:
            raise LinkInvalid(UNUSABLE) from None
