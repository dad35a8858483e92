"""A resource of the network's library: something of elsewhere that members may find helpful.

It is made to grow: what imports feeds makes drafts as an admin does, and whatever else becomes of a
resource is a state beside these two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from common.errors import Invalid

from community.domain.language import language_tag
from community.domain.text import check_optional_text, check_request_id, check_text
from community.domain.web_address import check_url

MAX_TITLE: Final = 200
MAX_SUMMARY: Final = 1_000
MAX_MINUTES: Final = 1_440


class Kind(StrEnum):
    """What it is."""

    PODCAST = "podcast"
    ARTICLE = "article"
    BLOG_POST = "blog_post"
    VIDEO = "video"


class State(StrEnum):
    """Whether it is in the library."""

    LISTED = "listed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ResourceDraft:
    """What an admin hands in; `length_minutes` is 0 when she does not know."""

    added_by: UUID
    kind: Kind
    title: str
    summary: str
    url: str
    language: str
    length_minutes: int
    request_id: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless it can be shown and followed."""
        check_text(self.title, "title", most=MAX_TITLE)
        check_optional_text(self.summary, "summary", most=MAX_SUMMARY)
        check_url(self.url, "url")
        language_tag(self.language, "language")
        if not 0 <= self.length_minutes <= MAX_MINUTES:
            raise Invalid(
                f"length_minutes must be 1 to {MAX_MINUTES}, or 0 if it is not known",
                field="length_minutes",
            )
        check_request_id(self.request_id)

    @property
    def told(self) -> tuple[object, ...]:
        """All that makes it this resource and no other."""
        return (
            self.kind, self.title, self.summary, self.url,
            language_tag(self.language, "language"), self.length_minutes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """`version` counts its changes; the order of ids is the order of time."""

    id: UUID
    added_by: UUID
    kind: Kind
    title: str
    summary: str
    url: str
    language: str
    length_minutes: int
    request_id: str
    created_at: datetime
    state: State = State.LISTED
    withdrawn_at: datetime | None = None
    version: int = 1

    @property
    def listed(self) -> bool:
        """Whether members are shown it."""
        return self.state is State.LISTED

    def is_of(self, draft: ResourceDraft) -> bool:
        """Whether `draft` is this resource again."""
        told = (
            self.kind, self.title, self.summary, self.url, self.language, self.length_minutes,
        )  # fmt: skip
        return self.added_by == draft.added_by and told == draft.told

    def withdraw(self, at: datetime) -> Resource:
        """Out of the library, for good; itself if it is already."""
        if not self.listed:
            return self
        return replace(self, state=State.WITHDRAWN, withdrawn_at=at, version=self.version + 1)


def add(draft: ResourceDraft, id: UUID) -> Resource:
    """A new resource of the library."""
    return Resource(
        id=id, added_by=draft.added_by, kind=draft.kind, title=draft.title, summary=draft.summary,
        url=draft.url, language=language_tag(draft.language, "language"),
        length_minutes=draft.length_minutes, request_id=draft.request_id,
        created_at=draft.created_at,
    )  # fmt: skip
