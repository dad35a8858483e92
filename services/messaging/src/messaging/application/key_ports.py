"""What seals the keys of conversations: a key management service, or on a laptop a folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from common.errors import DomainError, Unavailable


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: sealed by the master key `master_id`."""

    master_id: str
    content: bytes = field(repr=False)


class MasterKeyMissing(Unavailable):
    """The master key that wrapped a data key is not there (any more)."""


class KeyDamaged(DomainError):
    """A wrapped data key does not open with its own master key: it was changed, or is another's."""


class KeyWrapper(Protocol):
    """Master keys, which never leave it: data keys go in and out.

    `bound_to` says what a data key is for; it opens for nothing else.
    """

    def current(self) -> str:
        """Id of the master key that wraps now. An id never stands for two keys."""
        ...

    def known(self) -> Collection[str]:
        """Ids of all master keys there are."""
        ...

    async def wrap(self, key: bytes, bound_to: bytes) -> WrappedKey:
        """Seal a data key with the current master key. Raises Unavailable."""
        ...

    async def unwrap(self, wrapped: WrappedKey, bound_to: bytes) -> bytes:
        """The data key. Raises MasterKeyMissing, KeyDamaged, Unavailable."""
        ...

    async def refresh(self) -> None:
        """Learn of master keys that came or went; what cannot be read leaves all as it is."""
        ...
