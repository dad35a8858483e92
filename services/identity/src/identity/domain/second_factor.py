"""A second factor: codes of an app, each time step once, and recovery codes, each once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

RECOVERY_CODES = 10
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Active once it is confirmed; the secret is sealed and recovery codes are hashed."""

    sealed_secret: bytes = field(repr=False)
    confirmed_at: datetime | None = None
    last_step: int = 0
    recovery: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def active(self) -> bool:
        """Whether sign-in needs it."""
        return self.confirmed_at is not None

    def confirm(self, step: int, recovery: Collection[bytes], now: datetime) -> SecondFactor:
        """Needed from now on; the code that confirmed it is used up."""
        return replace(self, confirmed_at=now, last_step=step, recovery=tuple(recovery))

    def use_step(self, step: int) -> SecondFactor | None:
        """With the code of a time step used up; None if that or a later one was used before.

        RFC 6238 §5.2: a second attempt with the same code must not be accepted.
        """
        return replace(self, last_step=step) if step > self.last_step else None

    def use_recovery(self, hashed: bytes) -> SecondFactor | None:
        """With a recovery code used up; None if it is not, or no longer, one of them."""
        left = tuple(known for known in self.recovery if known != hashed)
        return replace(self, recovery=left) if len(left) < len(self.recovery) else None


def is_totp(code: str) -> bool:
    """Whether it looks like a code of the app; anything else is meant as a recovery code."""
    return len(code) == _DIGITS and code.isascii() and code.isdigit()


def plain(code: str) -> str:
    """A code without what people add when they type it."""
    return "".join(code.split()).replace("-", "").upper()
