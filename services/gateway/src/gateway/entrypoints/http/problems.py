"""The one place that turns an error into an answer: application/problem+json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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

from gateway.entrypoints.http.errors import (
    BodyTooLarge,
    HttpError,
    MethodNotAllowed,
    RouteNotFound,
)

logger = log.get(__name__)
MAX_BODY_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = "1"
_ENCODER = msgspec.json.Encoder()
_AFTER_UNDERSCORE = re.compile(r"_([a-z0-9])")


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a request that failed with `error`."""
    refusal = _refusal(error)
    problem = problem_of(refusal)
    headers = _headers(problem.status, problem.metadata)
    if isinstance(error, MethodNotAllowedException) and error.headers:
        headers["allow"] = error.headers["allow"]
    return Response(
        _ENCODER.encode(problem), status_code=problem.status, media_type=CONTENT_TYPE,
        headers=headers,
    )  # fmt: skip


def problem_of(error: DomainError) -> Problem:
    """The problem of a refusal; a field that a service names is called as JSON calls it."""
    problem = from_error(error, error.status if isinstance(error, HttpError) else None)
    if isinstance(error, RemoteError) and (field := problem.metadata.get("field")):
        problem.metadata = problem.metadata | {"field": camel(field)}
    return problem


def encoded(problem: Problem) -> bytes:
    """The problem as JSON."""
    return _ENCODER.encode(problem)


def camel(name: str) -> str:
    """The JSON name of a field: `page_size` is `pageSize`."""
    return _AFTER_UNDERSCORE.sub(lambda match: match[1].upper(), name)


def _headers(status: int, metadata: Mapping[str, str]) -> dict[str, str]:
    if status == 401:
        return {"www-authenticate": 'Bearer realm="kith"'}
    if status in {429, 503}:
        return {"retry-after": metadata.get("retry_after_seconds", RETRY_AFTER_SECONDS)}
    return {}


def _refusal(error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _litestars(error)
    logger.error("http.internal_error", exc_info=error)
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
