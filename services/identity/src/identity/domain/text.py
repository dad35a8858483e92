"""The texts that members decide on: every version of every purpose that was ever published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise


class Purpose(StrEnum):
    """What data is used for, each on its own."""

    SERVICE = "service"
    """Taking part at all: without it little else works."""
    SIGNALS = "signals"
    SPONSOR_AGGREGATES = "sponsor_aggregates"
    RESEARCH = "research"
    MENTOR_MESSAGES = "mentor_messages"
    NOTIFICATIONS = "notifications"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a receipt says of a purpose (Kantara Consent Receipt 1.1, §4.5)."""

    purpose_category: str
    pii_categories: tuple[str, ...]
    primary_purpose: bool
    termination: str
    third_party: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """One version. It is the one to decide on from `effective_from` until the next one is.

    Whoever agreed to an earlier version decides anew on one that is `required`.
    """

    purpose: Purpose
    version: int
    locale: str
    title: str
    body: str
    required: bool
    effective_from: datetime
    summary: Summary

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was shown: a JSON of sorted keys, without blanks."""
        shown = {
            "purpose": self.purpose, "version": self.version, "locale": self.locale,
            "title": self.title, "body": self.body,
        }  # fmt: skip
        canonical = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).digest()


class Texts:
    """All versions of all purposes."""

    def __init__(self, texts: Iterable[Text]) -> None:
        """Order them. Raises ValueError saying what is wrong with them as a whole."""
        self._of: dict[Purpose, list[Text]] = {purpose: [] for purpose in Purpose}
        for text in sorted(texts, key=lambda text: text.version):
            self._of[text.purpose].append(text)
        for purpose, versions in self._of.items():
            _check(purpose, versions)

    def all(self) -> Sequence[Text]:
        """Every version, by purpose."""
        return [text for versions in self._of.values() for text in versions]

    def get(self, purpose: Purpose, version: int) -> Text | None:
        """That version, or None."""
        versions = self._of[purpose]
        return versions[version - 1] if 1 <= version <= len(versions) else None

    def current(self, purpose: Purpose, now: datetime) -> Text:
        """The one to decide on; the first one also before its time."""
        versions = self._of[purpose]
        return next((one for one in reversed(versions) if one.effective_from <= now), versions[0])

    def needed(self, purpose: Purpose, now: datetime) -> int:
        """The version that a yes must at least be about; 0 if any will do."""
        current = self.current(purpose, now)
        versions = self._of[purpose][: current.version]
        return next((one.version for one in reversed(versions) if one.required), 0)

    def next_needed(self, now: datetime) -> datetime | None:
        """When the next version comes that has to be decided on; None if none is known."""
        coming = [
            text.effective_from
            for text in self.all()
            if text.required and text.version > 1 and text.effective_from > now
        ]
        return min(coming, default=None)


def _check(purpose: Purpose, versions: Sequence[Text]) -> None:
    if [text.version for text in versions] != list(range(1, len(versions) + 1)) or not versions:
        raise ValueError(f"{purpose}: versions must be 1, 2, 3 … without gaps")
    if any(later.effective_from <= one.effective_from for one, later in pairwise(versions)):
        raise ValueError(f"{purpose}: a later version must take effect later")
    if purpose is Purpose.SERVICE and not versions[0].required:
        raise ValueError(f"{purpose}: the first version must be required")
