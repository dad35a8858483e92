"""What drives exports on: one page of one service at a time, each safe to repeat.

Killed after the part and before the export, the next round finds the part and believes it, so two
processes at once, or one twice, come to the same parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common import log
from common.clock import Clock
from common.errors import ConcurrentUpdate, DomainError

from identity.application.export_ports import PartSeal, Source
from identity.application.outgoing_mail import Outgoing
from identity.application.ports import Directory
from identity.domain.account import Account
from identity.domain.export import Export, Part
from identity.domain.mail import Kind

logger = log.get(__name__)


def place_of(export: Export, number: int) -> bytes:
    """What a part is bound to."""
    return export.id.bytes + number.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class Collect:
    """`sources` are the services by name."""

    directory: Directory
    sources: Mapping[str, Source]
    seal: PartSeal
    outgoing: Outgoing
    clock: Clock

    async def step(self, export: Export) -> Export | None:
        """Do what is due; the export if there is more to do now. Raises Unavailable for identity's
        own database."""
        exports = self.directory.exports(export.network_id)
        account = await self.directory.accounts(export.network_id).get(export.member_id)
        if account is None or account.closed or export.has_expired(self.clock.now()):
            await exports.forget(export.member_id)
            return None
        try:
            advanced = await self._advance(export, account)
            await exports.save(advanced)
        except ConcurrentUpdate:
            await self._clear(export)
            return None
        if advanced.ready:
            logger.info("export.ready", export_id=str(export.id), parts=advanced.parts)
        return advanced if advanced.parts > export.parts and not advanced.ready else None

    async def _advance(self, export: Export, account: Account) -> Export:
        """The export with one part more, or put off."""
        exports, place = self.directory.exports(export.network_id), place_of(export, export.parts)
        part = await exports.part(export, export.parts)  # left by who was killed
        if part is None:
            try:
                content, rest = await self.sources[export.service](account, export.page_token)
            except DomainError as error:
                logger.warning(
                    "export.waits", export_id=str(export.id), service=export.service,
                    reason=error.reason, tries=export.tries,
                )  # fmt: skip
                return export.postponed(self.clock.now())
            sealed = self.seal.seal(export.public_key, place, content)
            part = await exports.add_part(export, Part(export.service, rest, sealed))
        advanced = export.took(part.next_page_token, self.clock.now())
        if advanced.ready:  # before it is told: who is killed in between writes the mail again
            await self.outgoing.to_member(
                Kind.EXPORT_READY, export.network_id, export.member_id
            )  # fmt: skip
        return advanced

    async def _clear(self, export: Export) -> None:
        """Somebody else was faster, or it was thrown away meanwhile: then nothing may be left."""
        exports = self.directory.exports(export.network_id)
        now = await exports.get(export.member_id)
        if now is None or now.id != export.id:
            await exports.forget_parts(export)
