"""Putting mails into the queue: one write, whatever the mail server does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from common.clock import Clock, epoch_millis

from identity.application.mail_ports import Mails, Seal
from identity.application.ports import Digest
from identity.domain.account import Account
from identity.domain.mail import NOTICE_AFTER, PACES, PAUSE, USUAL_PACE, Kind, wait

NOWHERE = UUID(int=0)
"""The network of a mail that somebody asked for in the name of one that does not exist."""


@dataclass(frozen=True, slots=True)
class Notice:
    """That something is done to an account, told to the address it has before that; `about` names
    what, so that it is told once."""

    kind: Kind
    account: Account = field(repr=False)
    about: UUID


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The id of a mail follows from what it is, to whom it goes, and what it is about or else the
    time: asking again, or trying again after a crash, makes no second one. It is a keyed hash, so
    that it does not tell to whom."""

    mails: Mails
    seal: Seal
    digest: Digest
    clock: Clock

    async def to_member(
        self, kind: Kind, network_id: UUID, member_id: UUID, address: str = "",
        after: timedelta = timedelta(),
    ) -> None:  # fmt: skip
        """To a member, or about her to another `address` than her account's; `after` a while."""
        id = self._id(kind, str(network_id), str(member_id), address, str(self._count(PAUSE)))
        sealed, now = self.seal.seal(id, address) if address else None, self.clock.now()
        mail = wait(id, network_id, kind, now, member_id, sealed)
        await self.mails.add(replace(mail, due_at=now + after))

    async def tell(self, notice: Notice) -> None:
        """Put a notice into the queue, before what it tells of is done; once for each thing.

        Whoever tries again, after a try that failed, begins its time anew: it is written a while
        after the last try, if that succeeded. Nothing is told to an account that has no address.
        """
        account, kind, now = notice.account, notice.kind, self.clock.now()
        if account.credentials is None:
            return
        address, whose = account.credentials.email, (str(account.network_id), str(account.id))
        id = self._id(kind, *whose, address, str(notice.about))
        sealed = self.seal.seal(id, address)
        mail = wait(id, account.network_id, kind, now, account.id, sealed)
        await self.mails.renew(replace(mail, due_at=now + NOTICE_AFTER, about=notice.about))

    async def to_whoever(self, kind: Kind, network_id: UUID | None, address: str) -> None:
        """To an address, whoever it belongs to: that is looked up later.

        No more of them than the pace of its kind allows, which is not told.
        """
        network, now, pace = network_id or NOWHERE, self.clock.now(), PACES.get(kind, USUAL_PACE)
        window = self._count(pace.window)
        for number in range(pace.most):
            id = self._id(kind, str(network), "", address, f"{window}.{number}")
            sealed = self.seal.seal(id, address)
            made_at = await self.mails.add(wait(id, network, kind, now, None, sealed))
            if now - made_at < pace.pause:
                return  # it is this one, or one somebody has just asked for

    def _count(self, period: timedelta) -> int:
        """Which of such periods it is."""
        return epoch_millis(self.clock.now()) // int(period.total_seconds() * 1000)

    def _id(self, kind: Kind, *about: str) -> UUID:
        return UUID(bytes=self.digest("mail", kind, *about)[:16])
