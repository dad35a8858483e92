"""The audit log on the wire, and the record of what identity itself shows of members."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from common import auth
from common.clock import Clock, epoch_millis
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import audit_service_pb2 as api
from kith.identity.v1 import audit_service_pb2_grpc as grpc_api
from policy.authorize import shown

from identity.application import audit
from identity.application.ports import Accounts, Audit, Directory
from identity.domain.audit import Entry, Link
from identity.entrypoints import translate

AuditOf = Callable[[UUID], Audit]


def recorder(audit_of: AuditOf, clock: Clock) -> Callable[[auth.Access], Awaitable[None]]:
    """Keeps what an answer shows of others before it leaves."""

    async def record(access: auth.Access) -> None:
        subjects = shown(access)
        if not subjects:
            return
        caller = access.caller
        entry = Entry(
            new_id(), caller.network_id, caller.subject, access.method, subjects, clock.now()
        )
        await audit_of(caller.network_id).append(entry)

    return record


def ahead(audit_of: AuditOf, clock: Clock) -> Callable[[auth.Access], Awaitable[None]]:
    """Keeps that a caller is about to change much at once, because of her role: before she does.

    A change of many documents has no write that the entry could be part of. So there may be an
    entry of what then failed, and never a change without its entry.
    """

    async def record(access: auth.Access) -> None:
        caller = access.caller
        entry = Entry(new_id(), caller.network_id, caller.subject, access.method, (), clock.now())
        await audit_of(caller.network_id).append(entry)

    return record


class AuditService(grpc_api.AuditServiceServicer):
    """See protos/kith/identity/v1/audit_service.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ListAccesses(
        self, request: api.ListAccessesRequest, context: Context
    ) -> api.ListAccessesResponse:
        caller = auth.current()
        links, before = await self._page(caller, request, caller.subject)
        entries = await self._entries(caller.network_id, links)
        for entry in entries:  # a list shows many, and she need not know of the others
            entry.subject_ids[:] = [str(caller.subject)]
        return api.ListAccessesResponse(entries=entries, next_before_sequence=before)

    async def ListAuditEntries(
        self, request: api.ListAuditEntriesRequest, context: Context
    ) -> api.ListAuditEntriesResponse:
        caller = auth.current()
        links, before = await self._page(caller, request, None)
        entries = await self._entries(caller.network_id, links)
        return api.ListAuditEntriesResponse(entries=entries, next_before_sequence=before)

    async def VerifyAudit(
        self, request: api.VerifyAuditRequest, context: Context
    ) -> api.VerifyAuditResponse:
        found = await audit.verify(self._directory.audit(auth.current().network_id))
        return api.VerifyAuditResponse(
            entry_count=found.count, broken_sequence=found.broken, digest=found.digest
        )

    async def _page(
        self, caller: auth.Caller,
        request: api.ListAccessesRequest | api.ListAuditEntriesRequest, subject_id: UUID | None,
    ) -> tuple[Sequence[Link], int]:  # fmt: skip
        size = translate.page_size(request.page_size, default=50, most=200)
        if request.before_sequence < 0:
            raise Invalid("before_sequence must not be negative", field="before_sequence")
        log = self._directory.audit(caller.network_id)
        return await audit.page(log, request.before_sequence, size, subject_id)

    async def _entries(self, network_id: UUID, links: Sequence[Link]) -> list[api.AuditEntry]:
        accounts = self._directory.accounts(network_id)
        actors = {linked.entry.actor_id for linked in links}
        handles = {id: await _handle(accounts, id) for id in actors}
        return [_entry(linked, handles[linked.entry.actor_id]) for linked in links]


async def _handle(accounts: Accounts, id: UUID) -> str:
    account = await accounts.get(id)
    return account.handle if account else ""


def _entry(linked: Link, handle: str) -> api.AuditEntry:
    entry = linked.entry
    seconds, millis = divmod(epoch_millis(entry.at), 1000)
    return api.AuditEntry(
        sequence=linked.sequence, actor_id=str(entry.actor_id), actor_handle=handle,
        action=entry.action, subject_ids=map(str, entry.subject_ids),
        occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000), digest=linked.digest,
    )  # fmt: skip
