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


class RequestIdReused(Conflict):
    """The request id belongs to something with other content."""

    reason = "REQUEST_ID_REUSED"
