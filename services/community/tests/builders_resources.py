"""Resources for community's tests, valid unless a test says otherwise."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.clock import to_millis
from common.ids import new_id
from community.domain.resource import Kind, Resource, ResourceDraft, add

from services.community.tests.builders import NOW

URL = "https://example.org/sleep"


def a_resource_draft(
    added_by: UUID | None = None, *, kind: Kind = Kind.PODCAST, title: str = "Sleeping again",
    summary: str = "Two nurses talk.", url: str = URL, language: str = "en", minutes: int = 24,
    request: str | None = None, at: datetime = NOW,
) -> ResourceDraft:  # fmt: skip
    return ResourceDraft(
        added_by or new_id(), kind, title, summary, url, language, minutes,
        str(new_id()) if request is None else request, to_millis(at),
    )  # fmt: skip


def a_resource(added_by: UUID | None = None, *, kind: Kind = Kind.PODCAST) -> Resource:
    return add(a_resource_draft(added_by, kind=kind), new_id())
