"""The errors a use case may raise, free of any transport, so that the domain can import them.

The tree::

    DomainError
    ├── Invalid            the request is wrong: fix it
    ├── Precondition       the world is not ready: change it first
    ├── Unauthenticated    sign in
    ├── Forbidden          give up
    ├── NotFound           stop
    ├── Exists             stop
    ├── Conflict           reload and retry
    │   └── ConcurrentUpdate
    ├── Limited            back off
    └── Unavailable        back off
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a caller should do about an error; transports map it to their own codes."""

    INVALID = "invalid"
    PRECONDITION = "precondition"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    EXISTS = "exists"
    CONFLICT = "conflict"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class DomainError(Exception):
    """A refusal with a stable reason.

    `message` is for the developer who reads it and never holds personal data; `metadata` are
    facts that help (field, limit, id), also without personal data.
    """

    kind: Kind = Kind.INTERNAL
    reason: str = "INTERNAL"

    def __init__(self, message: str, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata


class Invalid(DomainError):
    """The request cannot be right, whatever the state of the world."""

    kind, reason = Kind.INVALID, "INVALID_ARGUMENT"


class Precondition(DomainError):
    """The request is fine, the state it needs is not there."""

    kind, reason = Kind.PRECONDITION, "FAILED_PRECONDITION"


class Unauthenticated(DomainError):
    """Nobody the system knows is calling."""

    kind, reason = Kind.UNAUTHENTICATED, "UNAUTHENTICATED"


class Forbidden(DomainError):
    """The caller may not do this."""

    kind, reason = Kind.FORBIDDEN, "FORBIDDEN"


class NotFound(DomainError):
    """There is no such thing that the caller may know of."""

    kind, reason = Kind.NOT_FOUND, "NOT_FOUND"


class Exists(DomainError):
    """It is there already."""

    kind, reason = Kind.EXISTS, "ALREADY_EXISTS"


class Conflict(DomainError):
    """Somebody else was faster, or an id was used for something else."""

    kind, reason = Kind.CONFLICT, "CONFLICT"


class ConcurrentUpdate(Conflict):
    """The document changed between load and save; load again and retry."""

    reason = "CONCURRENT_UPDATE"


class Limited(DomainError):
    """Too much or too fast."""

    kind, reason = Kind.LIMITED, "LIMITED"


class Unavailable(DomainError):
    """A part is away; the same request may succeed later."""

    kind, reason = Kind.UNAVAILABLE, "UNAVAILABLE"


class RemoteError(DomainError):
    """An error another service answered with, carried on as it is."""

    def __init__(self, kind: Kind, reason: str, message: str, metadata: dict[str, str]) -> None:
        super().__init__(message, **metadata)
        self.kind = kind
        self.reason = reason
