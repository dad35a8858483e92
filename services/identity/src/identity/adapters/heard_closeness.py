"""What ties members, as far as community is heard; whoever does not hear may have missed an end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from identity.application.ports_profile import Closeness


class HeardCloseness:
    """Implements ports_profile.Closeness: nobody is tied while `check` raises RuntimeError.

    So profiles show less while the consumer is not in its group, or a partition of it is stopped,
    and nobody is kept from signing in for it, as by a service that is not ready.
    """

    def __init__(self, known: Closeness, check: Callable[[], Awaitable[None]]) -> None:
        self._known = known
        self._check = check

    async def between(self, network_id: UUID, one: UUID, other: UUID) -> frozenset[str]:
        """See ports_profile.Closeness."""
        try:
            await self._check()
        except RuntimeError:
            return frozenset()
        return await self._known.between(network_id, one, other)
