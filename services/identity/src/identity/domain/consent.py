"""What a member can agree to, and her decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What data is used for, each on its own."""

    SIGNALS = "signals"


TEXT_VERSIONS = {Purpose.SIGNALS: 1}
"""The consent text shown today, by purpose; raise it when the text changes."""
TEXT_OF_SOURCE = 0
"""Stands for a text that was shown elsewhere, before an import."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no to one purpose; recorded once and never changed."""

    purpose: Purpose
    granted: bool
    text_version: int
    decided_at: datetime
    imported: bool = False

    def same_as(self, other: Decision) -> bool:
        """Whether it says the same: a yes counts for the text that was read, a no for all."""
        return self.granted == other.granted and (
            not self.granted or self.text_version == other.text_version
        )
