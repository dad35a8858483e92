"""Keys of services for tests: one key for each, as values, as files and as settings."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from common.clock import Clock, SystemClock
from common.service_tokens import Grants, Peers, Trust
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import OKPAlgorithm

SERVICES = ("gateway", "identity", "community", "messaging", "programs", "outcomes", "signals")
KEYS = {name: Ed25519PrivateKey.generate() for name in SERVICES}


def jwks(keys: Mapping[str, Ed25519PrivateKey]) -> str:
    """The public keys, by what their `kid` shall be."""
    found = [
        {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid}
        for kid, key in keys.items()
    ]
    return json.dumps({"keys": found})


@cache
def key_file(service: str) -> str:
    """The private key of a service as a PEM file, gone with the process."""
    path = _folder() / f"{service}.pem"
    pem = KEYS[service].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem)
    return str(path)


@cache
def keys_file() -> str:
    """All public keys as a JWKS file, gone with the process."""
    path = _folder() / "keys.json"
    path.write_text(jwks(KEYS))
    return str(path)


def settings(service: str) -> dict[str, str]:
    """What a service is told of keys."""
    return {"KITH_SERVICE_KEY_FILE": key_file(service), "KITH_SERVICE_KEYS_FILE": keys_file()}


def trust() -> Trust:
    """What everybody trusts."""
    return Trust.of(keys_file())


def peers(service: str, grants: Grants, clock: Clock | None = None) -> Peers:
    """A service among the others."""
    return Peers(service, KEYS[service], trust(), grants, clock or SystemClock())


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="kith-services-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
