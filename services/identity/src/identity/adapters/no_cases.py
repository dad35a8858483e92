"""Where crisis cases will be asked for: the platform keeps none yet."""

from __future__ import annotations

from uuid import UUID


class NoCases:
    """Implements ports.Cases for a platform without cases: none is open, because there is none.

    To be replaced by a client of whatever keeps cases, with the service that brings them.
    """

    async def is_open(self, network_id: UUID, member_id: UUID) -> bool:
        """See ports.Cases."""
        return False
