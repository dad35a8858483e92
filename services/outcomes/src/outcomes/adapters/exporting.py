"""What outcomes tells a member of what it holds about her: her answers and what they came to."""

from __future__ import annotations

from collections.abc import Mapping

from common.mongo import Document
from export.kinds import Kind, Owned, Record, Whose, text_of


def _response(document: Document, _: Whose) -> Record:
    return {
        "responseId": str(document["_id"]), "instrumentId": document["instrument_id"],
        "instrumentVersion": document["instrument_version"],
        "answers": dict(document["answers"]), "score": document["score"],
        "scoringVersion": document["scoring_version"],
        "consentVersion": document.get("consent_version", 0),
        "createTime": text_of(document["created_at"]),
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("responses", "responses", "Your answers to questionnaires",
          "What you answered, question by question, and the score it came to.",
          "member_id", _response),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {}
"""Collections of which nothing is told, and why."""
