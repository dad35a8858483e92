"""What sending mails needs from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.domain.mail import Letter, Mail


class Mails(Protocol):
    """The mails of all networks that wait to be sent, or were sent a short while ago."""

    async def add(self, mail: Mail) -> datetime:
        """Store a mail; one with its id stays as it is. When the one that is kept was made."""
        ...

    async def renew(self, mail: Mail) -> None:
        """Store a notice, also instead of one with its id that waits; one that was sent stays."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Mail]:
        """Those due by now, the longest overdue first."""
        ...

    async def save(self, mail: Mail) -> None:
        """Store its next version. Raises ConcurrentUpdate when that is not the next any more."""
        ...

    async def drop(self, mail: Mail) -> None:
        """Remove one that is not to be sent. Raises ConcurrentUpdate when it changed meanwhile."""
        ...

    async def forget(self, member_id: UUID) -> int:
        """Remove all that go to a member; how many."""
        ...


class Post(Protocol):
    """Whoever takes letters away."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over. Raises Unavailable when it may work later, Invalid when it never
        will."""
        ...


class Seal(Protocol):
    """Keeps an address unreadable while it waits; each belongs to one mail."""

    def seal(self, owner: UUID, text: str) -> bytes:
        """Sealed for keeping."""
        ...

    def open(self, owner: UUID, sealed: bytes) -> str:
        """The text. Raises Invalid when it was sealed with another key."""
        ...
