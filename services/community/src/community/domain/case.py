"""A crisis case: a member may be in danger, and it ends only with what a person recorded.

It is opened by hand and about a member; what was seen and said is not kept in it. Whoever brings
detection, clocks and queues adds them around it: the ways from state to state stay these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Forbidden

from community.domain.errors import CaseClosed, CaseNotClaimed, CaseTaken
from community.domain.text import check_request_id


class Kind(StrEnum):
    """What kind of danger."""

    SUICIDE_RISK = "suicide_risk"
    SELF_HARM = "self_harm"
    HARM_BY_OTHERS = "harm_by_others"
    HARM_TO_OTHERS = "harm_to_others"
    MEDICAL = "medical"


class Severity(StrEnum):
    """How grave."""

    CONCERN = "concern"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Outcome(StrEnum):
    """What became of it; there is no other end."""

    SAFE = "safe"
    HANDED_OVER = "handed_over"
    NOT_REACHED = "not_reached"
    NO_CRISIS = "no_crisis"


class State(StrEnum):
    """How far it has come."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case somebody wants to open; the same request id is the same case."""

    member_id: UUID
    kind: Kind
    severity: Severity
    opened_by: UUID
    request_id: str
    at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless the request id can be kept."""
        check_request_id(self.request_id)


@dataclass(frozen=True, slots=True)
class Case:
    """`version` counts its changes; who closed it is who had claimed it."""

    id: UUID
    member_id: UUID
    kind: Kind
    severity: Severity
    opened_by: UUID
    request_id: str
    opened_at: datetime
    claimed_by: UUID | None = None
    claimed_at: datetime | None = None
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.outcome is not None:
            return State.CLOSED
        return State.OPEN if self.claimed_by is None else State.CLAIMED

    def is_of(self, draft: CaseDraft) -> bool:
        """Whether this is what the draft became."""
        wanted = (draft.member_id, draft.kind, draft.severity)
        return (self.member_id, self.kind, self.severity) == wanted

    def claim(self, by: UUID, at: datetime, *, take_over: bool = False) -> Case:
        """Take it on, from somebody else only by `take_over`; itself if it is hers already.

        Raises Forbidden (it is about her), CaseTaken, CaseClosed.
        """
        if by == self.member_id:
            raise Forbidden("this case is about you; somebody else sees to it")
        if self.outcome is not None:
            raise CaseClosed("this case has ended")
        if self.claimed_by == by:
            return self
        if self.claimed_by is not None and not take_over:
            raise CaseTaken("somebody else has taken this case on; ask her, or take it over")
        return replace(self, claimed_by=by, claimed_at=at, version=self.version + 1)

    def close(self, by: UUID, outcome: Outcome, at: datetime) -> Case:
        """End it; itself if she ended it so before.

        Raises CaseNotClaimed, CaseTaken, CaseClosed.
        """
        if self.claimed_by is None:
            raise CaseNotClaimed("take the case on first: it ends with a name")
        if self.claimed_by != by:
            raise CaseTaken("somebody else has taken this case on; ask her")
        if self.outcome is not None:
            if self.outcome is outcome:
                return self
            raise CaseClosed("this case has ended otherwise")
        return replace(self, outcome=outcome, closed_at=at, version=self.version + 1)


def opened(draft: CaseDraft, id: UUID) -> Case:
    """The new case."""
    return Case(
        id, draft.member_id, draft.kind, draft.severity, draft.opened_by, draft.request_id, draft.at
    )


@dataclass(frozen=True, slots=True)
class CaseDeed:
    """Who just changed a case, and when: for the audit log."""

    by: UUID
    at: datetime
