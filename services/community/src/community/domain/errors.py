"""The refusals community knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, NotFound, Precondition


class CircleNotFound(NotFound):
    """No such circle in the caller's network."""

    reason = "CIRCLE_NOT_FOUND"


class CircleNotJoined(Precondition):
    """The caller is not in the circle; joining it first helps."""

    reason = "CIRCLE_NOT_JOINED"


class PostNotFound(NotFound):
    """No such post in the caller's network."""

    reason = "POST_NOT_FOUND"


class CaseNotFound(NotFound):
    """No such case in the caller's network."""

    reason = "CASE_NOT_FOUND"


class CaseTaken(Conflict):
    """Somebody else has taken it on."""

    reason = "CASE_TAKEN"


class CaseNotClaimed(Precondition):
    """Nobody has taken it on, and it ends with a name."""

    reason = "CASE_NOT_CLAIMED"


class CaseClosed(Precondition):
    """It has ended."""

    reason = "CASE_CLOSED"


class RequestIdReused(Conflict):
    """The request id belongs to something with other content."""

    reason = "REQUEST_ID_REUSED"


class CirclesFull(Precondition):
    """The caller is in as many circles as one can be."""

    reason = "CIRCLES_FULL"


class MemberNotFound(NotFound):
    """No such member in the caller's network, as far as this service has heard."""

    reason = "MEMBER_NOT_FOUND"


class ConnectionNotRequested(Precondition):
    """There is no request of hers to agree to."""

    reason = "CONNECTION_NOT_REQUESTED"


class ConnectionAskLater(Precondition):
    """It is too early to ask her again; `ask_time` says from when on."""

    reason = "CONNECTION_ASK_LATER"


class ConnectionsFull(Precondition):
    """One of the two has as many connections as one can have."""

    reason = "CONNECTIONS_FULL"


class ResourceNotFound(NotFound):
    """No such resource in the library of the caller's network, or not any more."""

    reason = "RESOURCE_NOT_FOUND"
