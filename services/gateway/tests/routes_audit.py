"""The routes of the audit log, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import audit_service_pb2 as audit

from services.gateway.tests.builders import AT, Route, stamp

_SERVICE = "/kith.identity.v1.AuditService/"
_ENTRY = audit.AuditEntry(
    sequence=7, actor_id="a2", actor_handle="grace", action="/a.B/C", subject_ids=["a1"],
    occur_time=stamp(), digest=b"\x01\xff",
)  # fmt: skip
_PAGE_JSON = {
    "entries": [
        {
            "sequence": 7, "actorId": "a2", "actorHandle": "grace", "action": "/a.B/C",
            "subjectIds": ["a1"], "occurTime": AT, "digest": "01ff",
        }
    ],
    "nextBeforeSequence": 7,
}  # fmt: skip
_QUERY = "pageSize=2&beforeSequence=9"

AUDIT = [
    Route(
        "GET", f"/v1/accounts/me/accesses?{_QUERY}", _SERVICE + "ListAccesses",
        audit.ListAccessesRequest(page_size=2, before_sequence=9),
        audit.ListAccessesResponse(entries=[_ENTRY], next_before_sequence=7), _PAGE_JSON,
    ),
    Route(
        "GET", f"/v1/audit?{_QUERY}", _SERVICE + "ListAuditEntries",
        audit.ListAuditEntriesRequest(page_size=2, before_sequence=9),
        audit.ListAuditEntriesResponse(entries=[_ENTRY], next_before_sequence=7), _PAGE_JSON,
    ),
    Route(
        "GET", "/v1/audit/verification", _SERVICE + "VerifyAudit", audit.VerifyAuditRequest(),
        audit.VerifyAuditResponse(entry_count=9, broken_sequence=3, digest=b"\x01\xff"),
        {"entryCount": 9, "brokenSequence": 3, "digest": "01ff"},
    ),
]  # fmt: skip
