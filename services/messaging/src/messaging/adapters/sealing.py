"""Words as they are stored: sealed with their conversation's key (AES-256-GCM, NIST SP 800-38D) and
bound to their place, so that no row can be put in another's.

The form is one byte of version, 12 of nonce, the words in UTF-8, 16 of tag. Version 2 binds a text
also to its revision and to what it answers; it is taken where there is such a thing, and no other
is. A text stored as a string is none: it is of a time before this, or empty, where it was deleted
or whoever wrote it has gone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import UUID

from common.errors import DomainError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION, VERSION_2 = b"\x01", b"\x02"
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
_BODY = len(VERSION) + NONCE_BYTES


class MessageDamaged(DomainError):
    """A sealed text is not what was written in this place, or not with this key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text belongs, within its conversation."""

    message_id: UUID
    sequence: int
    sender_id: UUID
    revision: int = 0
    reply_to: int = 0

    @property
    def version(self) -> bytes:
        """The form of a text in this place."""
        return VERSION_2 if self.revision or self.reply_to else VERSION


class Seal:
    """Seals and opens the texts of one conversation. 2³² of them are safe with one key."""

    __slots__ = ("_cipher", "_scope")

    def __init__(self, key: bytes, network_id: UUID, conversation_id: UUID) -> None:
        self._cipher = AESGCM(key)
        self._scope = network_id.bytes + conversation_id.bytes

    def __repr__(self) -> str:
        return "***"

    def seal(self, place: Place, text: str) -> bytes:
        """A text as it is stored."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), self._bound_to(place))
        return place.version + nonce + sealed

    def open(self, place: Place, stored: bytes) -> str:
        """The text. Raises MessageDamaged, which names ids only."""
        if stored[:1] == place.version and len(stored) >= _BODY + TAG_BYTES:
            try:
                nonce, body = stored[1:_BODY], stored[_BODY:]
                return self._cipher.decrypt(nonce, body, self._bound_to(place)).decode()
            except InvalidTag:
                pass
        raise MessageDamaged(f"the stored text of message {place.message_id} does not open")

    def _bound_to(self, place: Place) -> bytes:
        ids = place.message_id.bytes + place.sender_id.bytes
        bound = place.version + self._scope + ids + place.sequence.to_bytes(8)
        if place.version == VERSION:
            return bound
        return bound + place.revision.to_bytes(8) + place.reply_to.to_bytes(8)


def new_key() -> bytes:
    """A key for a conversation."""
    return os.urandom(KEY_BYTES)
