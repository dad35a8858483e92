"""Keys of receipts: a private one for each service, and all public ones for who verifies.

The converters raise ValueError, as `common.config.Reader` wants it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path

from common.service_tokens import private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PRIVATE_SETTING = "KITH_ERASURE_KEY_FILE"
PUBLIC_SETTING = "KITH_ERASURE_KEYS_FILE"
__all__ = ["PRIVATE_SETTING", "PUBLIC_SETTING", "jwks", "private_key", "public_keys"]


def public_keys(path: str) -> Mapping[str, Ed25519PublicKey]:
    """The keys of a JWKS file (RFC 7517, RFC 8037), by `kid`, which is the service's name."""
    try:
        found = json.loads(Path(path).read_bytes())["keys"]
        keys = {
            item["kid"]: Ed25519PublicKey.from_public_bytes(_bytes(item["x"])) for item in found
        }
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"cannot be read as a JWKS: {type(error).__name__}") from None
    if not keys:
        raise ValueError("must hold the key of at least one service")
    return keys


def jwks(keys: Mapping[str, Ed25519PublicKey]) -> str:
    """The key set as JSON."""
    described = [
        {"kid": name, "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
         "x": base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")}
        for name, key in sorted(keys.items())
    ]  # fmt: skip
    return json.dumps({"keys": described}, indent=1)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
