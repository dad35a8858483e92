"""Addresses sealed while a mail waits (AES-256-GCM), so that a stolen database is no list of who
forgot a password."""

from __future__ import annotations

import secrets
from uuid import UUID

from common.errors import Invalid
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.adapters.master_key import MasterKey

_NONCE_BYTES = 12


class MailSeal:
    """Implements mail_ports.Seal."""

    def __init__(self, key: MasterKey) -> None:
        self._cipher = AESGCM(key.derive("mail"))

    def seal(self, owner: UUID, text: str) -> bytes:
        """See mail_ports.Seal."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.bytes)

    def open(self, owner: UUID, sealed: bytes) -> str:
        """See mail_ports.Seal."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, owner.bytes).decode()
        except InvalidTag:
            raise Invalid("sealed with another key") from None
