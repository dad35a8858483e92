"""A circle and who is in it. Members are numbered from 1 as they join, so the highest number is
how many ever came in; who leaves is counted beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from community.domain.text import check_optional_text, check_request_id, check_text

MAX_NAME = 80
MAX_PURPOSE = 500
MAX_CIRCLES = 200
"""How many circles a member can be in: her feed and what ties her to others cost what they do."""


@dataclass(frozen=True, slots=True)
class CircleDraft:
    """What a founder hands in."""

    founder_id: UUID
    display_name: str
    purpose: str
    request_id: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless all texts are within their limits."""
        check_text(self.display_name, "display_name", most=MAX_NAME)
        check_optional_text(self.purpose, "purpose", most=MAX_PURPOSE)
        check_request_id(self.request_id)


@dataclass(frozen=True, slots=True)
class Counted:
    """A member's departures that her circle just counted: until her place says so too, the circle
    counts nobody else's, so that none is counted twice."""

    member_id: UUID
    departures: int


@dataclass(frozen=True, slots=True)
class Circle:
    """A small group inside a network; of `member_count` who ever came in, `left_count` went."""

    id: UUID
    founder_id: UUID
    display_name: str
    purpose: str
    request_id: str
    created_at: datetime
    member_count: int = 1
    left_count: int = 0
    counted: Counted | None = None

    @property
    def present_count(self) -> int:
        """How many are in it."""
        return max(self.member_count - self.left_count, 0)

    def is_of(self, draft: CircleDraft) -> bool:
        """Whether `draft` is this circle again."""
        return (self.founder_id, self.display_name, self.purpose) == (
            draft.founder_id, draft.display_name, draft.purpose,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Membership:
    """A member's place in a circle, also after she left it `departures` times, of which the circle
    has counted `counted`.

    Version 0 is a place of before its changes were told to anybody.
    """

    circle_id: UUID
    member_id: UUID
    number: int
    joined_at: datetime
    version: int = 1
    departures: int = 0
    left_at: datetime | None = None
    counted: int = 0

    @property
    def uncounted(self) -> int:
        """How many of her departures the circle does not know of."""
        return self.departures - self.counted

    @property
    def inside(self) -> bool:
        """Whether she is in the circle."""
        return self.left_at is None

    def leave(self, at: datetime) -> Membership:
        """She goes out."""
        return replace(self, version=self.version + 1, departures=self.departures + 1, left_at=at)

    def come_back(self, number: int, at: datetime) -> Membership:
        """She comes in again, with a new number."""
        return replace(self, version=self.version + 1, number=number, joined_at=at, left_at=None)


def found(draft: CircleDraft, id: UUID) -> tuple[Circle, Membership]:
    """A new circle with its founder in it."""
    circle = Circle(
        id=id, founder_id=draft.founder_id, display_name=draft.display_name, purpose=draft.purpose,
        request_id=draft.request_id, created_at=draft.created_at,
    )  # fmt: skip
    return circle, Membership(id, draft.founder_id, 1, draft.created_at)
