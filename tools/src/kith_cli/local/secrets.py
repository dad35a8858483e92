"""Makes the secrets of a local Kith once, for nobody but their owner to read."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.keys import jwks, private_key

from kith_cli.local.folders import private_folder
from kith_cli.settings import BACKENDS

PASSWORD_BYTES = 18


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where the keys lie, and the platform operator's password."""

    signing_key: Path
    operator_password_file: Path
    folder: Path

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


def ensure_secrets(folder: Path) -> Secrets:
    """Make what is missing; keep what is there, or sessions and the operator are locked out."""
    private_folder(folder)
    made = Secrets(folder / "signing_key.pem", folder / "operator_password", folder)
    if not made.signing_key.exists():
        _write_private(made.signing_key, _new_signing_key())
    if not made.operator_password_file.exists():
        password = secrets.token_urlsafe(PASSWORD_BYTES) + "\n"
        _write_private(made.operator_password_file, password.encode())
    _ensure_erasure_keys(made)
    return made


def _ensure_erasure_keys(made: Secrets) -> None:
    """One key for each service; the public ones are written anew, for they follow from these."""
    public = {}
    for service in BACKENDS:
        path = made.erasure_key(service)
        if not path.exists():
            _write_private(path, _new_signing_key())
        public[service] = private_key(str(path)).public_key()
    _write_private(made.erasure_keys, jwks(public).encode())


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_private(path: Path, content: bytes) -> None:
    """Private from its first moment, and either whole or not there."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.rename(path)
