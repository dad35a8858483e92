"""Putting mails into the queue: one write, whatever the mail server does."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from common.clock import Clock, epoch_millis

from identity.application.mail_ports import Mails, Seal
from identity.application.ports import Digest
from identity.domain.mail import PAUSE, Kind, wait

NOWHERE = UUID(int=0)
"""The network of a mail that somebody asked for in the name of one that does not exist."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The id of a mail follows from what it is, to whom it goes and the quarter of an hour: asking
    again, or trying again after a crash, makes no second one. It is a keyed hash, so that it does
    not tell to whom."""

    mails: Mails
    seal: Seal
    digest: Digest
    clock: Clock

    async def to_member(
        self, kind: Kind, network_id: UUID, member_id: UUID, address: str = ""
    ) -> None:
        """To a member, or about her to another `address` than her account's."""
        now = self.clock.now()
        id = self._id(kind, str(network_id), str(member_id), address)
        sealed = self.seal.seal(id, address) if address else None
        await self.mails.add(wait(id, network_id, kind, now, member_id, sealed))

    async def to_whoever(self, kind: Kind, network_id: UUID | None, address: str) -> None:
        """To whoever has the account of an address, if anybody: that is looked up later."""
        network = network_id or NOWHERE
        id = self._id(kind, str(network), "", address)
        sealed = self.seal.seal(id, address)
        await self.mails.add(wait(id, network, kind, self.clock.now(), None, sealed))

    def _id(self, kind: Kind, *to: str) -> UUID:
        quarter = epoch_millis(self.clock.now()) // int(PAUSE.total_seconds() * 1000)
        return UUID(bytes=self.digest("mail", kind, *to, str(quarter))[:16])
