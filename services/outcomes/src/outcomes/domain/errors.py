"""The refusals outcomes knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, Invalid, NotFound


class InstrumentNotFound(NotFound):
    """No such instrument that can be answered."""

    reason = "INSTRUMENT_NOT_FOUND"


class AnswersInvalid(Invalid):
    """An answer is missing, out of its range or of no item; `item` in the metadata says which."""

    reason = "ANSWERS_INVALID"


class RequestIdReused(Conflict):
    """The request id belongs to a request with other content."""

    reason = "REQUEST_ID_REUSED"
