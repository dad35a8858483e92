"""Keep what community tells of who is close to whom, of whoever is here and stays; and say it.

The account is looked at after the write: an erasure closes it long before it lets go of ties, so
either that finds what was written, or this finds the account closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from identity.application.ports import Directory
from identity.application.ports_ties import Pair, Place, Tie


@dataclass(frozen=True, slots=True)
class TieBook:
    """Everything that is done with what community tells; implements ports_profile.Closeness."""

    directory: Directory

    async def between(self, network_id: UUID, one: UUID, other: UUID) -> frozenset[str]:
        """See ports_profile.Closeness."""
        return await self.directory.ties(network_id).between(one, other)

    async def take_place(self, network_id: UUID, place: Place, tie: Tie) -> None:
        """A member came into a circle, or left it. Of who is not here nothing is kept."""
        await self.directory.ties(network_id).take_place(place, tie)
        await self._forget_gone(network_id, place.member_id)

    async def take_pair(self, network_id: UUID, pair: Pair, tie: Tie) -> None:
        """Two members agreed, or ended it. Of who is not here nothing is kept."""
        await self.directory.ties(network_id).take_pair(pair, tie)
        for member_id in (pair.one, pair.other):
            await self._forget_gone(network_id, member_id)

    async def _forget_gone(self, network_id: UUID, member_id: UUID) -> None:
        account = await self.directory.accounts(network_id).get(member_id)
        if account is None or account.closed:
            await self.directory.ties(network_id).forget(member_id)
