"""What programs tells a member of what it holds about her: her way through them."""

from __future__ import annotations

from collections.abc import Mapping

from common.mongo import Document
from export.kinds import Kind, Owned, Record, Whose, text_of


def _enrollment(document: Document, _: Whose) -> Record:
    return {
        "enrollmentId": str(document["_id"]), "programId": str(document["program_id"]),
        "cohortId": str(document["cohort_id"]), "createTime": text_of(document["created_at"]),
        "doneStepIds": list(document["done_step_ids"]), "completed": document["completed"],
    }  # fmt: skip


def _program(document: Document, _: Whose) -> Record:
    return {
        "programId": str(document["_id"]), "displayName": document["display_name"],
        "weeks": document["weeks"], "createTime": text_of(document["created_at"]),
    }  # fmt: skip


def _cohort(document: Document, _: Whose) -> Record:
    return {
        "cohortId": str(document["_id"]), "programId": str(document["program_id"]),
        "displayName": document["display_name"], "startTime": text_of(document["start_at"]),
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("enrollments", "enrollments", "Your programs",
          "Programs you take part in, and the steps you have done.", "member_id", _enrollment),
    Owned("programs", "programs", "Programs you wrote",
          "Programs you made for others.", "author_id", _program),
    Owned("cohorts", "cohorts", "Groups you started",
          "When a program begins together, for those you opened it for.", "author_id", _cohort),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {"members": "holds only your id, so that you can be given a seat"}
"""Collections of which nothing is told, and why."""
