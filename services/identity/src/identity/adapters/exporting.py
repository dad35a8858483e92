"""What identity tells a member of what it holds about her. No secret is ever a field here: neither
password hash nor authenticator secret, recovery code, token or link."""

from __future__ import annotations

from collections.abc import Mapping

from common.mongo import Document
from export.kinds import Kind, Owned, Record, Value, Whose, text_of


def _account(document: Document, _: Whose) -> Record:
    decisions: list[Value] = [_decision(one) for one in document.get("decisions", ())]
    admission = document.get("admission") or {}
    return {
        "memberId": str(document["_id"]), "handle": document.get("handle"),
        "email": document.get("email"), "emailVerified": document.get("email_verified", False),
        "roles": list(document.get("roles", ())),
        "createTime": text_of(document.get("created_at")),
        "hasPassword": "password_hash" in document,
        "hasSecondFactor": document.get("second_factor") is not None,
        "importedFrom": document.get("source"), "idThere": document.get("external_id"),
        "noteToAdmins": admission.get("note"), "consents": decisions,
    }  # fmt: skip


def _decision(document: Document) -> Value:
    return {
        "purpose": str(document["purpose"]), "granted": document["granted"],
        "textVersion": document["text_version"], "decideTime": text_of(document["decided_at"]),
        "imported": document.get("imported", False),
    }  # fmt: skip


def _device(document: Document, _: Whose) -> Record:
    return {
        "sessionId": str(document["_id"]), "label": document["label"],
        "createTime": text_of(document["created_at"]), "useTime": text_of(document["used_at"]),
        "expireTime": text_of(document["expires_at"]),
    }  # fmt: skip


def _access(document: Document, _: Whose) -> Record:
    return {
        "time": text_of(document["at"]), "actorId": str(document["actor_id"]),
        "action": document["action"],
    }  # fmt: skip


def _mail(document: Document, _: Whose) -> Record:
    return {"kind": document["kind"], "createTime": text_of(document["made_at"])}


def _erasure(document: Document, _: Whose) -> Record:
    return {
        "state": document["state"], "requestTime": text_of(document["requested_at"]),
        "graceUntil": text_of(document["grace_until"]),
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("account", "accounts", "Your account",
          "Who you are here, and what you agreed to and when.", "_id", _account),
    Owned("devices", "devices", "Where you are signed in",
          "Each device, and when it was used last.", "member_id", _device),
    Owned("accesses", "audit", "Who looked at your data",
          "Every time somebody with a special role looked at something of yours.",
          "subject_ids", _access),
    Owned("mails", "mails", "Mails to you",
          "Which mails were written to you in the last days; not what stood in them.",
          "member_id", _mail),
    Owned("erasure", "erasures", "Your wish to leave",
          "Whether you asked for your account to be erased.", "_id", _erasure),
)  # fmt: skip
WITHHELD: Mapping[str, str] = {
    "invites": "a seat is kept for you only until you have joined, and then counts as used",
    "roster": "holds a keyed hash of what your sponsor knows you by, which nobody can read",
    "attempts": "counts under keyed hashes of what was typed, gone within hours",
    "erasure_records": "is of who has left",
    "exports": "is this export",
    "export_parts": "is this export, sealed",
    "networks": "is not about a person",
}
"""Collections of which nothing is told, and why."""
