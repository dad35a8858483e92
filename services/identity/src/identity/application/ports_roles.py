"""What changing roles needs from the outside."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from identity.domain.stepping_down import AdminList


class Admins(Protocol):
    """The admins of one network."""

    async def lasting(self) -> Collection[UUID]:
        """Those who are admins without an end and can sign in: not closed, waiting or declined, and
        not imported without being claimed."""
        ...

    async def list(self) -> AdminList:
        """Who of them is stepping down."""
        ...

    async def save(self, changed: AdminList) -> None:
        """Store its next version, the first too. Raises ConcurrentUpdate."""
        ...

    async def forget(self, member_id: UUID) -> None:
        """Take a member off the list."""
        ...
