"""What a member can agree to, and her decisions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid
from common.ids import named_id

from identity.domain.text import Purpose, Text

TEXT_OF_SOURCE = 0
"""Stands for a text that was shown elsewhere, before an import."""
MAX_REQUEST_ID = 100


class Action(StrEnum):
    """What was decided."""

    GRANTED = "granted"
    DECLINED = "declined"
    """A no of somebody who had not agreed before."""
    WITHDRAWN = "withdrawn"
    """A no of somebody who had."""


class Method(StrEnum):
    """How a decision came here."""

    CLIENT = "client"
    """She decided herself, in an app."""
    IMPORT = "import"
    """It was brought in, and the admin who did so vouches for it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Yes or no to a text that was shown; `request` is the hash of the request's name, if any."""

    granted: bool
    text: Text
    request: bytes | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is about."""
        return self.text.purpose


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided once; recorded and never changed.

    `number` counts a member's decisions from 1. `text_digest` is empty for a text shown elsewhere.
    """

    id: UUID
    number: int
    purpose: Purpose
    action: Action
    text_version: int
    text_digest: bytes
    decided_at: datetime
    method: Method = Method.CLIENT
    request: bytes | None = None

    @property
    def granted(self) -> bool:
        """Whether it was a yes."""
        return self.action is Action.GRANTED

    @property
    def imported(self) -> bool:
        """Whether it was recorded elsewhere."""
        return self.method is Method.IMPORT

    def covers(self, choice: Choice) -> bool:
        """Whether it says the same: a yes counts for the text that was read, a no for all."""
        return self.granted == choice.granted and (
            not self.granted or self.text_version == choice.text.version
        )

    def answers(self, choice: Choice) -> bool:
        """Whether it can be what this choice, made before, became."""
        return self.purpose is choice.purpose and self.granted == choice.granted


def decision_id(member_id: UUID, number: int) -> UUID:
    """The id of a member's n-th decision: of two that are written at once only one is stored."""
    return named_id(member_id, "consent", number)


def request_hash(request_id: str) -> bytes | None:
    """What is kept of the name of a request; None if it has none. Raises Invalid."""
    if len(request_id) > MAX_REQUEST_ID:
        raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
    return hashlib.sha256(request_id.encode()).digest() if request_id else None
