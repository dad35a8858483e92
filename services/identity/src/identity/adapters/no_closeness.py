"""Connections and shared circles: other services' business, of which nothing is told yet."""

from __future__ import annotations

from uuid import UUID


class NoCloseness:
    """Implements ports_profile.Closeness: nobody is known to be tied to anybody.

    So what is shown to connections or circles is shown to nobody. Whoever brings events of who is
    connected, or in which circle, replaces it by a read model of them.
    """

    async def between(self, network_id: UUID, one: UUID, other: UUID) -> frozenset[str]:
        """See ports_profile.Closeness."""
        return frozenset()
