"""Identity's settings; nothing else in the service sees the environment."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.config import Address, Reader, Secret, ServiceConfig
from common.errors import Invalid
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from erasure.keys import PRIVATE_SETTING, PUBLIC_SETTING, private_key, public_keys

from identity.adapters import signing_keys, texts
from identity.adapters.consent_receipts import DEVELOPMENT, read_controller
from identity.adapters.mail_settings import NO_MAIL, Mailing
from identity.adapters.master_key import MasterKey
from identity.adapters.tokens import LIFE
from identity.domain import credentials
from identity.domain.receipt import Controller
from identity.domain.text import Texts

GRACE_SECONDS = 7 * 86_400
SETTLE_SECONDS = round(LIFE.total_seconds()) + 60
POLL_SECONDS = 5
_ORIGIN = re.compile(r"(?:https://(?P<host>[a-z0-9.-]+)|http://(?P<local>localhost))(?::[0-9]+)?")
_NO_FOLDER: tuple[Path, ...] = ()
_NO_KEY: list[Ed25519PrivateKey] = []


@dataclass(frozen=True, slots=True)
class Hashing:
    """What one Argon2id hash costs, and how many are made at once.

    The default is OWASP's for one lane: 19 MiB and 2 passes, about 20 ms of one core. Changed
    settings reach a stored hash when its owner signs in the next time.
    """

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Erasing:
    """How members are erased, and who is asked for receipts: the services that `keys` names.

    `settle_seconds` is how long a closed account waits before anything goes: longer than an access
    token lives and a request takes. Less is for tests that know what is under way.
    """

    key: Ed25519PrivateKey
    keys: Mapping[str, Ed25519PublicKey]
    grace_seconds: int = GRACE_SECONDS
    settle_seconds: int = SETTLE_SECONDS
    poll_seconds: int = POLL_SECONDS


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose passkeys are (WebAuthn §4): a domain, and the pages that may ask for them."""

    id: str = "localhost"
    origins: tuple[str, ...] = ("http://localhost:8080",)

    def __post_init__(self) -> None:
        """Raise ValueError unless a browser would let the pages use keys of the domain."""
        for origin in self.origins:
            found = _ORIGIN.fullmatch(origin)
            host = (found["host"] or found["local"]) if found else ""
            if host != self.id and not host.endswith(f".{self.id}"):
                raise ValueError(f"{origin} is no page of {self.id}: https://<it or within it>")


@dataclass(frozen=True, slots=True)
class Exporting:
    """Where the services are that hold something of a member, and how often to look for work."""

    services: Mapping[str, Address]
    poll_seconds: int = 1

    @classmethod
    def read(cls, reader: Reader) -> Exporting:
        """Read the settings; call `reader.done()` afterwards."""
        services = {name: reader.address(f"KITH_{name.upper()}") for name in OTHERS}
        return cls(services, reader.read("KITH_EXPORT_POLL_SECONDS", _positive, 1))


OTHERS = ("community", "messaging", "programs", "outcomes", "signals")
NO_SERVICES = Exporting({})
STEP_UP_SECONDS = 600
"""How fresh a sign-in must be for an export or an erasure."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service."""

    service: ServiceConfig
    signing_key: Ed25519PrivateKey | None  # None where there is a folder of them
    operator_password: Secret
    erasing: Erasing
    master_key: MasterKey
    hashing: Hashing = Hashing()
    signing_keys: Path | None = None
    relying_party: RelyingParty = RelyingParty()
    mailing: Mailing = NO_MAIL
    texts: Texts = field(default_factory=texts.shipped)
    controller: Controller = DEVELOPMENT
    exporting: Exporting = NO_SERVICES
    step_up_seconds: int = STEP_UP_SECONDS

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader, usual = Reader(environment), Hashing()
        folders = reader.read("KITH_SIGNING_KEYS", _folder, _NO_FOLDER)
        service = ServiceConfig.read(reader)
        config = cls(
            service=service,
            signing_key=_signing_key(reader, needed=not folders),
            operator_password=reader.read("KITH_OPERATOR_PASSWORD", _password),
            erasing=_erasing(reader),
            master_key=reader.read("KITH_IDENTITY_KEY", _master_key),
            hashing=Hashing(
                memory_kib=reader.read("KITH_PASSWORD_MEMORY_KIB", _positive, usual.memory_kib),
                passes=reader.read("KITH_PASSWORD_PASSES", _positive, usual.passes),
                lanes=reader.read("KITH_PASSWORD_LANES", _positive, usual.lanes),
                workers=reader.read("KITH_PASSWORD_WORKERS", _positive, usual.workers),
            ),
            signing_keys=next(iter(folders or ()), None),
            relying_party=_relying_party(reader),
            mailing=Mailing.read(reader, service.grpc_listen),
            texts=reader.read("KITH_CONSENT_TEXTS", _texts, texts.shipped()),
            controller=reader.read("KITH_CONTROLLER_FILE", read_controller, DEVELOPMENT),
            exporting=Exporting.read(reader),
            step_up_seconds=reader.read("KITH_STEP_UP_SECONDS", _positive, STEP_UP_SECONDS),
        )
        reader.done()
        return config


def _erasing(reader: Reader) -> Erasing:
    return Erasing(
        key=reader.read(PRIVATE_SETTING, private_key),
        keys=reader.read(PUBLIC_SETTING, public_keys),
        grace_seconds=reader.read("KITH_ERASURE_GRACE_SECONDS", _seconds, GRACE_SECONDS),
        settle_seconds=reader.read("KITH_ERASURE_SETTLE_SECONDS", _seconds, SETTLE_SECONDS),
        poll_seconds=reader.read("KITH_ERASURE_POLL_SECONDS", _positive, POLL_SECONDS),
    )  # fmt: skip


def _relying_party(reader: Reader) -> RelyingParty:
    usual = RelyingParty()
    id = reader.read("KITH_PASSKEY_RP_ID", str, usual.id)

    def party(origins: str) -> RelyingParty:
        return RelyingParty(id, tuple(part.strip() for part in origins.split(",")))

    if id != usual.id:
        return reader.read("KITH_PASSKEY_ORIGINS", party)
    return reader.read("KITH_PASSKEY_ORIGINS", party, usual)


def _signing_key(reader: Reader, *, needed: bool) -> Ed25519PrivateKey | None:
    if needed:
        return reader.read("KITH_SIGNING_KEY_FILE", _private_key)
    found = reader.read("KITH_SIGNING_KEY_FILE", lambda path: [_private_key(path)], _NO_KEY)
    return next(iter(found or ()), None)


def _private_key(path: str) -> Ed25519PrivateKey:
    return signing_keys.read_key(Path(path))


def _folder(path: str) -> tuple[Path, ...]:
    if not signing_keys.read_folder(Path(path)):
        raise ValueError("holds no key")
    return (Path(path),)


def _texts(folder: str) -> Texts:
    try:
        return texts.read(Path(folder))
    except OSError:
        raise ValueError("is no folder that can be read") from None


def _master_key(text: str) -> MasterKey:
    try:
        return MasterKey(base64.b64decode(text, validate=True))
    except ValueError:
        raise ValueError("must be 32 random bytes in base64") from None


def _password(text: str) -> Secret:
    try:
        return Secret(credentials.new_password(text))
    except Invalid as error:
        raise ValueError(f"is no password: {error.message}") from None


def _seconds(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("must be a whole number of seconds")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)
