"""What passkeys need from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from identity.domain.passkey import Passkey


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a passkey is: `handle` is what a device tells at sign-in, `name` what it shows."""

    handle: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer of a device claims, before anything of it is verified."""

    challenge: bytes
    credential_id: bytes
    owner: bytes = b""


@dataclass(frozen=True, slots=True)
class Created:
    """A verified new key."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int


class Authenticators(Protocol):
    """The ceremonies of WebAuthn; JSON is as browsers have it (WebAuthn Level 3, §5.1)."""

    def ask_to_create(self, owner: Owner, there: Sequence[Passkey], challenge: bytes) -> str:
        """Options to create a key with, on a device that has none of `there`."""
        ...

    def ask_to_sign_in(self, challenge: bytes) -> str:
        """Options to sign in with, for whoever has a key."""
        ...

    def read(self, answer: str) -> Claim:
        """What an answer claims. Raises Invalid for what is none."""
        ...

    def verify_created(self, answer: str, challenge: bytes) -> Created | None:
        """The new key, if the device knew who held it; None if anything is wrong."""
        ...

    def verify_used(self, answer: str, challenge: bytes, passkey: Passkey | None) -> int | None:
        """The count the device says, if it knew who held it; None if anything is wrong.

        Without a passkey it takes as long, and is None.
        """
        ...


class Answered(Protocol):
    """The challenges that were answered, for all instances together."""

    async def take(self, name: bytes, until: datetime) -> bool:
        """Remember one until then; false if it was remembered already."""
        ...
