"""The refusals programs knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, NotFound


class ProgramNotFound(NotFound):
    """No such program in the caller's network."""

    reason = "PROGRAM_NOT_FOUND"


class CohortNotFound(NotFound):
    """No such cohort in the caller's network."""

    reason = "COHORT_NOT_FOUND"


class MemberNotFound(NotFound):
    """No such member in the caller's network."""

    reason = "MEMBER_NOT_FOUND"


class EnrollmentNotFound(NotFound):
    """No such enrollment of the caller's own."""

    reason = "ENROLLMENT_NOT_FOUND"


class StepNotFound(NotFound):
    """The program has no such step."""

    reason = "STEP_NOT_FOUND"


class RequestIdReused(Conflict):
    """The request id belongs to a request with other content."""

    reason = "REQUEST_ID_REUSED"
