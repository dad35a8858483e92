"""Asking for an export, looking how far it has come, reading it, and throwing it away."""

from __future__ import annotations

from dataclasses import dataclass

from common.auth import Caller
from common.clock import Clock
from common.errors import Invalid
from common.ids import new_id

from identity.application.collect_export import place_of
from identity.application.export_ports import PartSeal
from identity.application.ports import Directory
from identity.domain.errors import AccountNotFound, ExportLinkInvalid, ExportNotReady
from identity.domain.export import Export, begin

_NO_LINK = "this link opens nothing: it may have expired, or a newer export has taken its place"


@dataclass(frozen=True, slots=True)
class Opened:
    """A part, and the number of the next one, if there is one."""

    service: str
    content: bytes
    next: int | None


@dataclass(frozen=True, slots=True)
class Exporting:
    """Exports as their owners ask for them; `services` are whom to collect from."""

    directory: Directory
    seal: PartSeal
    services: tuple[str, ...]
    clock: Clock

    async def create(self, caller: Caller) -> tuple[Export, str]:
        """Begin one; and the secret that opens it, told this once.

        Raises ExportExists, AccountNotFound.
        """
        network_id, member_id = caller.network_id, caller.subject
        account = await self.directory.accounts(network_id).get(member_id)
        if account is None or account.closed:
            raise AccountNotFound("your account is closed")
        exports, now = self.directory.exports(network_id), self.clock.now()
        before = await exports.get(member_id)
        if before is not None and before.has_expired(now):
            await exports.forget(member_id)
        secret, public_key = self.seal.new()
        export = begin(new_id(), network_id, member_id, public_key, self.services, now)
        await exports.add(export)
        return export, secret

    async def get(self, caller: Caller) -> Export | None:
        """How far the caller's has come; None where there is none."""
        found = await self.directory.exports(caller.network_id).get(caller.subject)
        return None if found is None or found.has_expired(self.clock.now()) else found

    async def delete(self, caller: Caller) -> None:
        """Throw the caller's away."""
        await self.directory.exports(caller.network_id).forget(caller.subject)

    async def read(self, caller: Caller, secret: str, number: int) -> Opened:
        """A part of the caller's. Raises ExportLinkInvalid, ExportNotReady, Invalid."""
        export = await self.get(caller)
        if export is None or not self.seal.fits(secret, export.public_key):
            raise ExportLinkInvalid(_NO_LINK)
        if not export.ready:
            raise ExportNotReady("your data are still being collected; look again in a minute")
        if not 0 <= number < export.parts:
            raise Invalid("the page token is from somewhere else", field="page_token")
        part = await self.directory.exports(export.network_id).part(export, number)
        if part is None:  # it is being thrown away
            raise ExportLinkInvalid(_NO_LINK)
        content = self.seal.open(secret, place_of(export, number), part.sealed)
        following = number + 1
        return Opened(part.service, content, following if following < export.parts else None)
