"""Errors for HTTP: problem+json as RFC 9457 has it, from the same DomainError."""

from __future__ import annotations

import msgspec

from common.errors import DomainError, Kind
from common.telemetry import current_trace_id

CONTENT_TYPE = "application/problem+json"
TYPE_BASE = "https://kith.example/problems/"
STATUS: dict[Kind, int] = {
    Kind.INVALID: 400,
    Kind.PRECONDITION: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.EXISTS: 409,
    Kind.CONFLICT: 409,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong and what to do: RFC 9457 §3.1, with `reason` and what to quote."""

    type: str
    title: str
    status: int
    reason: str
    detail: str | None = None
    metadata: dict[str, str] = {}
    trace_id: str | None = None
    request_id: str | None = None


def from_error(error: DomainError, status: int | None = None) -> Problem:
    """The problem that tells `error`; a 5xx never shows what happened inside."""
    code = status or STATUS[error.kind]
    inside = code >= 500
    return Problem(
        type=TYPE_BASE + error.reason.lower().replace("_", "-"),
        title=error.reason.replace("_", " ").capitalize(),
        status=code,
        reason=error.reason,
        detail=None if inside else error.message,
        metadata={} if inside else error.metadata,
        trace_id=current_trace_id(),
    )
