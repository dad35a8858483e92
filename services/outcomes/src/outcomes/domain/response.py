"""A response: one member's answers at one time, item by item, and what they come to.

Item answers are kept so that a score can be made again and a scale's reliability computed; the
versions say which texts were answered and which rule made the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from outcomes.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Response:
    """Never changes once it is there."""

    id: UUID
    member_id: UUID
    instrument_id: str
    instrument_version: str
    answers: Mapping[str, int]
    score: int
    scoring_version: str
    created_at: datetime
    consent_version: int = 0  # of the text of *service* she had agreed to; 0 before there was one

    @classmethod
    def to(
        cls, instrument: Instrument, answers: Mapping[str, int], *, id: UUID, member_id: UUID,
        at: datetime, consent_version: int = 0,
    ) -> Response:  # fmt: skip
        """Score some answers. Raises AnswersInvalid."""
        score = instrument.score(answers)
        return cls(
            id, member_id, instrument.id, instrument.version, dict(answers), score,
            instrument.scoring_version, at, consent_version,
        )  # fmt: skip

    def says(self, other: Response) -> bool:
        """Whether `other` gives the same answers to the same instrument."""
        return self.instrument_id == other.instrument_id and self.answers == other.answers
