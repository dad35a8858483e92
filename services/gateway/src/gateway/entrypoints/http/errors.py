"""The refusals of HTTP itself, which no service knows."""

from __future__ import annotations

from typing import ClassVar

from common.errors import DomainError, Kind


class HttpError(DomainError):
    """A refusal with a status of its own."""

    kind = Kind.INVALID
    status: ClassVar[int] = 400


class MalformedJson(HttpError):
    """The body is not JSON."""

    reason = "MALFORMED_JSON"


class RouteNotFound(HttpError):
    """There is nothing at this address."""

    reason, status = "ROUTE_NOT_FOUND", 404


class MethodNotAllowed(HttpError):
    """There is something at this address, but not for this method."""

    reason, status = "METHOD_NOT_ALLOWED", 405


class BodyTooSlow(HttpError):
    """The body did not arrive in time."""

    reason, status = "BODY_TOO_SLOW", 408


class BodyTooLarge(HttpError):
    """The body is larger than any request needs."""

    reason, status = "BODY_TOO_LARGE", 413


class UnsupportedMediaType(HttpError):
    """The body says that it is not JSON."""

    reason, status = "UNSUPPORTED_MEDIA_TYPE", 415


class HeadersTooLarge(HttpError):
    """The head of the request is larger than any client needs."""

    reason, status = "HEADERS_TOO_LARGE", 431


class HeadTooSlow(HttpError):
    """The head of the request did not arrive in time."""

    reason, status = "HEAD_TOO_SLOW", 408


class RequestMalformed(HttpError):
    """What arrived is not HTTP."""

    reason = "REQUEST_MALFORMED"


class ConditionUnsupported(HttpError):
    """If-Match where nothing has a version to compare: done anyway, it would break its promise."""

    reason = "CONDITION_UNSUPPORTED"


class PreconditionFailed(HttpError):
    """If-Match names nothing that this resource is, or ever was."""

    reason, status = "VERSION_MISMATCH", 412


class RateLimited(HttpError):
    """More than an account or an address may ask for; `wait` is when it may again, in seconds."""

    kind = Kind.LIMITED
    reason, status = "RATE_LIMITED", 429

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class Disconnected(HttpError):
    """The client went away before it had said everything; nobody reads the answer."""

    reason, status = "DISCONNECTED", 400
