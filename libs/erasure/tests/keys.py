"""Keys of receipts for tests: one key for every service, as a value and as files."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from erasure.keys import jwks

SERVICES = ("community", "messaging", "outcomes", "programs", "signals")
KEY = Ed25519PrivateKey.generate()
PUBLIC = dict.fromkeys(SERVICES, KEY.public_key())


@cache
def key_file() -> str:
    """The private key as a PEM file, gone with the process."""
    path = _folder() / "erasure.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@cache
def keys_file() -> str:
    """The public keys as a JWKS file, gone with the process."""
    path = _folder() / "erasure_keys.json"
    path.write_text(jwks(PUBLIC))
    return str(path)


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="kith-erasure-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
