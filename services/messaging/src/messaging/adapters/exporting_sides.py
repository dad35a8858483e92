"""What messaging tells a member of her side of conversations: seats, and who may write."""

from __future__ import annotations

from common.mongo import Document
from export.kinds import Owned, Record, Whose, text_of

from messaging.domain.seat import Standing


def _seat(document: Document, whose: Whose) -> Record | None:
    if document["standing"] == Standing.UNHEARD:  # as she wished, this is shown to nobody
        return None
    until = document["muted_until"]
    return {
        "conversationId": str(document["conversation_id"]), "state": document["standing"],
        "muted": document["muted"],
        "mutedUntilTime": text_of(until) if until is not None else None,
        "left": document["left_after"] >= 0, "changeTime": text_of(document["changed_at"]),
    }  # fmt: skip


def _rule(document: Document, whose: Whose) -> Record:
    return {
        "whoMayWrite": document["who_may_write"], "changeTime": text_of(document["changed_at"]),
    }  # fmt: skip


SEATS = Owned(
    "seats", "seats", "Your side of conversations",
    "Which you agreed to, declined, muted or left; one that is not here is agreed.",
    "member_id", _seat,
)  # fmt: skip
RULES = Owned(
    "contact-rules", "contact_rules", "Who may write to you",
    "Whom you let write to you without asking first, if you ever said so.", "member_id", _rule,
)  # fmt: skip
