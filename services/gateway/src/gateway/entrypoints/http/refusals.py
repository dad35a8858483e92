"""Which refusals an operation may answer with, as the description of REST tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from common.problem import CONTENT_TYPE, TYPE_BASE

Document = dict[str, Any]
# By status: what it is called, what it means, and the reason in its example.
REFUSALS: Mapping[int, tuple[str, str, str]] = {
    400: ("Invalid", "The request is not right, or the world is not ready", "INVALID_ARGUMENT"),
    401: (
        "Unauthenticated",
        "No good access token, none that was signed in lately enough, or no good credentials",
        "UNAUTHENTICATED",
    ),
    403: ("Forbidden", "The caller may not do this", "FORBIDDEN"),
    404: ("NotFound", "Nothing there that the caller may know of", "NOT_FOUND"),
    408: ("TooSlow", "The request did not arrive in time", "BODY_TOO_SLOW"),
    409: ("Conflict", "It is there already, or somebody was faster", "CONFLICT"),
    412: ("VersionMismatch", "It is at none of the versions in If-Match", "VERSION_MISMATCH"),
    413: ("TooLarge", "The body is too large", "BODY_TOO_LARGE"),
    415: ("NotJson", "The body does not say that it is JSON", "UNSUPPORTED_MEDIA_TYPE"),
    422: ("KeyReused", "The key belongs to another request", "IDEMPOTENCY_KEY_REUSED"),
    429: ("Limited", "Too many requests; Retry-After says when again", "RATE_LIMITED"),
    431: ("HeadTooLarge", "The head of the request is too large", "HEADERS_TOO_LARGE"),
    500: ("Failed", "A fault of ours; quote the request id", "INTERNAL"),
    503: ("Unavailable", "A part is away; the same request may succeed later", "UNAVAILABLE"),
}
_RETRY = {409, 429, 503}


def statuses(
    method: str, *, anonymous: bool, has_body: bool, has_key: bool, conditional: bool = False
) -> Iterator[int]:
    """The refusals of an operation, ascending by kind."""
    yield from (400, 429, 431, 500, 503)
    if not anonymous:
        yield from (401, 403, 404)
    if has_body:
        yield from (408, 413, 415)
    if method != "get":
        yield from (401, 409)
    if has_key:
        yield from (408, 413, 422)
    if conditional:
        yield 412


def answers(found: Iterator[int]) -> Document:
    """References to these refusals, by status."""
    names = {status: REFUSALS[status][0] for status in sorted(set(found))}
    return {str(key): {"$ref": f"#/components/responses/{name}"} for key, name in names.items()}


def components(schema: Document) -> Document:
    """All refusals, for the document's components; `schema` is that of a problem."""
    return {REFUSALS[status][0]: _response(status, schema) for status in REFUSALS}


def _response(status: int, schema: Document) -> Document:
    _, description, reason = REFUSALS[status]
    problem = {
        "type": TYPE_BASE + reason.lower().replace("_", "-"),
        "title": reason.replace("_", " ").capitalize(), "status": status, "reason": reason,
        **({"detail": description[0].lower() + description[1:]} if status < 500 else {}),
        "request_id": "4f523ffe2ca60501-10d",
    }  # fmt: skip
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in _RETRY:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    return {
        "description": description, "headers": headers,
        "content": {CONTENT_TYPE: {"schema": schema, "example": problem}},
    }  # fmt: skip
