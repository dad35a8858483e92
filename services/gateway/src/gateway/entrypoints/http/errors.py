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


class Disconnected(HttpError):
    """The client went away before it had said everything; nobody reads the answer."""

    reason, status = "DISCONNECTED", 400
