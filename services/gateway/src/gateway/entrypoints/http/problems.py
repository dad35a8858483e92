"""The one place that turns an error into an answer: application/problem+json."""

from __future__ import annotations

import math
import re
from typing import Any, cast

import msgspec
from common import log
from common.errors import DomainError, Invalid, RemoteError
from common.problem import CONTENT_TYPE, Problem, from_error
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from gateway.application.idempotency import KeyReused, StillRunning
from gateway.entrypoints.http.asgi import Send
from gateway.entrypoints.http.errors import (
    BodyTooLarge,
    HttpError,
    MethodNotAllowed,
    PreconditionFailed,
    RateLimited,
    RouteNotFound,
)

logger = log.get(__name__)
MAX_BODY_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = "1"
STEP_UP = "STEP_UP_NEEDED"
_ENCODER = msgspec.json.Encoder()
_AFTER_UNDERSCORE = re.compile(r"_([a-z0-9])")


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a request that failed with `error`."""
    request_id = cast(str | None, request.scope.get("request_id"))
    refusal = refusal_of(error, request_id)
    problem = problem_of(refusal, request_id)
    headers = _headers(refusal, problem.status)
    if isinstance(error, MethodNotAllowedException) and error.headers:
        headers["allow"] = error.headers["allow"]
    return Response(
        _ENCODER.encode(problem), status_code=problem.status, media_type=CONTENT_TYPE,
        headers=headers,
    )  # fmt: skip


async def send_problem(
    send: Send, error: DomainError, request_id: str | None, kind: str = "http.response"
) -> None:
    """Refuse a request, or (by its ASGI `kind` of answer) a WebSocket, outside of litestar."""
    problem = problem_of(error, request_id)
    body = encoded(problem)
    headers = {"content-type": CONTENT_TYPE, "content-length": str(len(body))}
    headers |= _headers(error, problem.status)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": problem.status, "headers": raw})
    await send({"type": f"{kind}.body", "body": body})


def problem_of(error: DomainError, request_id: str | None = None) -> Problem:
    """The problem of a refusal; a field that a service names is called as JSON calls it."""
    problem = from_error(error, _status(error))
    problem.request_id = request_id
    if isinstance(error, RemoteError) and (field := problem.metadata.get("field")):
        problem.metadata = problem.metadata | {"field": camel(field)}
    return problem


def encoded(problem: Problem) -> bytes:
    """The problem as JSON."""
    return _ENCODER.encode(problem)


def camel(name: str) -> str:
    """The JSON name of a field: `page_size` is `pageSize`."""
    return _AFTER_UNDERSCORE.sub(lambda match: match[1].upper(), name)


def _status(error: DomainError) -> int | None:
    """The status of a refusal of the door; None for one that is as its kind says."""
    if isinstance(error, KeyReused):
        return 422  # as the draft on idempotency keys has it
    if error.reason == PreconditionFailed.reason:
        return PreconditionFailed.status  # a version is only asked for by If-Match
    return error.status if isinstance(error, HttpError) else None


def _headers(error: DomainError, status: int) -> dict[str, str]:
    if status == 401:
        return {"www-authenticate": _challenge(error)}
    if status in {429, 503} or isinstance(error, StillRunning):
        return {"retry-after": _retry_after(error)}
    return {}


def _challenge(error: DomainError) -> str:
    """What would be good enough (RFC 6750 §3, RFC 9470 §3)."""
    if error.reason != STEP_UP:
        return 'Bearer realm="kith"'
    return (
        'Bearer realm="kith", error="insufficient_user_authentication", '
        'error_description="sign in again, with a second factor if there is one", '
        f'max_age="{error.metadata.get("max_age_seconds", "0")}"'
    )


def _retry_after(error: DomainError) -> str:
    """Seconds until it is worth another try: as the door counts, as a service says, or a guess."""
    if isinstance(error, RateLimited):
        return str(max(1, math.ceil(error.wait)))
    return error.metadata.get("retry_after_seconds", RETRY_AFTER_SECONDS)


def refusal_of(error: Exception, request_id: str | None) -> DomainError:
    """What the client is told of an error; a bug is told to the log."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _litestars(error)
    logger.error("http.internal_error", request_id=request_id, exc_info=error)
    return DomainError("internal error")


def _litestars(error: HTTPException) -> DomainError:
    if isinstance(error, NotFoundException):
        return RouteNotFound("there is nothing at this address")
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed("this address does not take this method")
    if isinstance(error, RequestEntityTooLarge):
        return BodyTooLarge("the body is too large", most_bytes=str(MAX_BODY_BYTES))
    if isinstance(error, ValidationException):
        return _validation(error)
    return Invalid("the request cannot be read")


def _validation(error: ValidationException) -> Invalid:
    """What was wrong with a parameter, or that there is no body."""
    problems = error.extra if isinstance(error.extra, list) else []
    found: dict[str, str] = problems[0] if problems else {}
    field = camel(found.get("key", ""))
    if field == "data":
        return Invalid("a JSON body is needed")
    return Invalid(f"{field}: {found.get('message', 'is not valid')}", field=field)
