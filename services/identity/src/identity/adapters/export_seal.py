"""Parts of an export, sealed for who has the link: a stolen database is no export.

The link's secret is an X25519 private key (RFC 7748); identity keeps the public one. So collecting
goes on after a kill, for days if need be, and nobody but her can read what was collected. A part
is sealed as in ECIES: a new key pair, HKDF-SHA256 (RFC 5869) of the shared secret and both public
keys, AES-256-GCM. The key is used once, so the nonce may be fixed.
"""

from __future__ import annotations

import base64
import hmac
import zlib

from common.errors import Invalid
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE = bytes(12)
_PURPOSE = b"kith export part\0"


class X25519Seal:
    """Implements export_ports.PartSeal."""

    def new(self) -> tuple[str, bytes]:
        """See export_ports.PartSeal."""
        key = X25519PrivateKey.generate()
        secret = base64.urlsafe_b64encode(key.private_bytes_raw()).rstrip(b"=").decode()
        return secret, key.public_key().public_bytes_raw()

    def fits(self, secret: str, public_key: bytes) -> bool:
        """See export_ports.PartSeal."""
        key = _private(secret)
        if key is None:
            return False
        return hmac.compare_digest(key.public_key().public_bytes_raw(), public_key)

    def seal(self, public_key: bytes, place: bytes, content: bytes) -> bytes:
        """See export_ports.PartSeal."""
        own = X25519PrivateKey.generate()
        public = own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(public_key))
        cipher = _cipher(shared, public, public_key)
        return public + cipher.encrypt(_NONCE, zlib.compress(content), place)

    def open(self, secret: str, place: bytes, sealed: bytes) -> bytes:
        """See export_ports.PartSeal."""
        key = _private(secret)
        if key is None or len(sealed) < _KEY_BYTES:
            raise Invalid("this is not the secret")
        public, content = sealed[:_KEY_BYTES], sealed[_KEY_BYTES:]
        shared = key.exchange(X25519PublicKey.from_public_bytes(public))
        cipher = _cipher(shared, public, key.public_key().public_bytes_raw())
        try:
            return zlib.decompress(cipher.decrypt(_NONCE, content, place))
        except InvalidTag:
            raise Invalid("sealed for another secret, or in another place") from None


def _private(secret: str) -> X25519PrivateKey | None:
    try:
        raw = base64.b64decode(secret.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except ValueError:
        return None
    return X25519PrivateKey.from_private_bytes(raw) if len(raw) == _KEY_BYTES else None


def _cipher(shared: bytes, sender: bytes, receiver: bytes) -> AESGCM:
    info = _PURPOSE + sender + receiver
    return AESGCM(HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(shared))
