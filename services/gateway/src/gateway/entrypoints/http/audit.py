"""Who looked at what: for a member about herself, for an admin the log of the network."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import audit_service_pb2 as api
from litestar import get
from litestar.params import QueryParameter

from gateway.entrypoints.http.fields import INT64_MAX, Output, PageSize, Time, time
from gateway.entrypoints.http.request import KithRequest

Before = Annotated[
    int, QueryParameter(name="beforeSequence", ge=0, le=INT64_MAX, description="Only earlier ones.")
]
TAGS = ["audit"]


class AuditEntry(Output):
    """One thing that was looked at; each is bound to the one before it by its digest."""

    sequence: int
    actor_id: str
    actor_handle: str
    action: str
    subject_ids: list[str]
    occur_time: Time
    digest: str


class AuditPage(Output):
    """Newest first; `nextBeforeSequence` is 0 on the last page."""

    entries: list[AuditEntry]
    next_before_sequence: int


class AuditVerification(Output):
    """`brokenSequence` is the first entry that is not as it was written; 0 when all are."""

    entry_count: int
    broken_sequence: int
    digest: str


def entry_of(entry: api.AuditEntry) -> AuditEntry:
    return AuditEntry(
        sequence=entry.sequence, actor_id=entry.actor_id, actor_handle=entry.actor_handle,
        action=entry.action, subject_ids=list(entry.subject_ids),
        occur_time=time(entry.occur_time), digest=entry.digest.hex(),
    )  # fmt: skip


@get("/v1/accounts/me/accesses", summary="Who looked at the caller's own data", tags=TAGS)
async def list_own_accesses(
    request: KithRequest, page_size: PageSize = 0, before_sequence: Before = 0
) -> AuditPage:
    reply = await request.ask(
        request.services.audit.ListAccesses,
        api.ListAccessesRequest(page_size=page_size, before_sequence=before_sequence),
    )
    return _page(reply)


@get("/v1/audit", summary="Who looked at whose data, in the whole network", tags=TAGS)
async def list_audit_entries(
    request: KithRequest, page_size: PageSize = 0, before_sequence: Before = 0
) -> AuditPage:
    reply = await request.ask(
        request.services.audit.ListAuditEntries,
        api.ListAuditEntriesRequest(page_size=page_size, before_sequence=before_sequence),
    )
    return _page(reply)


@get("/v1/audit/verification", summary="Whether the log is as it was written", tags=TAGS)
async def verify_audit(request: KithRequest) -> AuditVerification:
    reply = await request.ask(request.services.audit.VerifyAudit, api.VerifyAuditRequest())
    return AuditVerification(
        entry_count=reply.entry_count, broken_sequence=reply.broken_sequence,
        digest=reply.digest.hex(),
    )  # fmt: skip


def _page(reply: api.ListAccessesResponse | api.ListAuditEntriesResponse) -> AuditPage:
    return AuditPage(
        entries=[entry_of(entry) for entry in reply.entries],
        next_before_sequence=reply.next_before_sequence,
    )
