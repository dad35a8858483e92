"""Makes the secrets of a local Kith once, for nobody but their owner to read."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.keys import jwks, private_key

from kith_cli.local.folders import private_folder
from kith_cli.settings import BACKENDS

PASSWORD_BYTES = 18
FIRST_KEY = "20260101T000000Z.pem"
"""The name says from when on a key signs, see identity's README; the first one always has."""
FIRST_MESSAGE_KEY = "20260101T000000Z.key"
"""The same of the keys that wrap keys of conversations, see messaging's README."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where all secrets lie: keys that sign, the operator's password, identity's own key."""

    folder: Path

    @property
    def signing_keys(self) -> Path:
        """The folder of the keys that sign access tokens."""
        return self.folder / "signing_keys"

    @property
    def message_keys(self) -> Path:
        """The folder of the master keys that the keys of conversations are wrapped with."""
        return self.folder / "message_keys"

    @property
    def operator_password_file(self) -> Path:
        return self.folder / "operator_password"

    @property
    def identity_key_file(self) -> Path:
        return self.folder / "identity_key"

    @property
    def identity_key(self) -> str:
        return self.identity_key_file.read_text().strip()

    @property
    def operator_password(self) -> str:
        return self.operator_password_file.read_text().strip()

    def erasure_key(self, service: str) -> Path:
        """The key a service signs its receipts of erasures with."""
        return self.folder / f"erasure_{service}.pem"

    @property
    def erasure_keys(self) -> Path:
        """All public keys of receipts."""
        return self.folder / "erasure_keys.json"

    def service_key(self, service: str) -> Path:
        """The key a service signs its calls to others with."""
        return self.folder / f"service_{service}.pem"

    @property
    def service_keys(self) -> Path:
        """The public keys of all services."""
        return self.folder / "service_keys.json"


def ensure_secrets(folder: Path) -> Secrets:
    """Make what is missing; keep what is there, or sessions and the operator are locked out."""
    private_folder(folder)
    made = Secrets(folder)
    private_folder(made.signing_keys)
    if (single := folder / "signing_key.pem").exists():  # of a Kith from before keys rotated
        single.rename(made.signing_keys / FIRST_KEY)
    if not any(made.signing_keys.glob("*.pem")):
        write_private(made.signing_keys / FIRST_KEY, new_signing_key())
    if not made.operator_password_file.exists():
        password = secrets.token_urlsafe(PASSWORD_BYTES) + "\n"
        write_private(made.operator_password_file, password.encode())
    if not made.identity_key_file.exists():
        write_private(made.identity_key_file, new_secret_key())
    private_folder(made.message_keys)
    if not any(made.message_keys.glob("*.key")):
        write_private(made.message_keys / FIRST_MESSAGE_KEY, new_secret_key())
    _ensure_keys(BACKENDS, made.erasure_key, made.erasure_keys)
    _ensure_keys((*BACKENDS, "gateway"), made.service_key, made.service_keys)
    return made


def _ensure_keys(services: Iterable[str], key_of: Callable[[str], Path], together: Path) -> None:
    """One key for each service; the public ones are written anew, for they follow from these."""
    public = {}
    for service in services:
        path = key_of(service)
        if not path.exists():
            write_private(path, new_signing_key())
        public[service] = private_key(str(path)).public_key()
    write_private(together, jwks(public).encode())


def new_secret_key() -> bytes:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)) + b"\n"


def new_signing_key() -> bytes:
    """An Ed25519 private key as PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_private(path: Path, content: bytes) -> None:
    """Private from its first moment, and either whole or not there."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.rename(path)
