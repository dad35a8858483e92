"""What identity tells a member of what it holds about her. No secret is ever a field here: neither
password hash nor authenticator secret, recovery code, token or link."""

from __future__ import annotations

from collections.abc import Mapping

from common.clock import SystemClock
from common.mongo import Document
from export.kinds import Kind, Owned, Record, Value, Whose, text_of

from identity.adapters.keeping import own_end


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
        "grants": [_grant(one) for one in document.get("grants", ())],
        "badges": [_badge(one) for one in document.get("badges", ())],
        "passkeys": [_passkey(one) for one in document.get("passkeys", ())],
    }  # fmt: skip


def _decision(document: Document) -> Value:
    """One as it is stored now, or as the first release stored it."""
    action = document.get("action") or ("granted" if document["granted"] else "withdrawn")
    method = document.get("method") or ("import" if document.get("imported") else "client")
    return {
        "purpose": str(document["purpose"]), "action": str(action), "method": str(method),
        "textVersion": document["text_version"], "decideTime": text_of(document["decided_at"]),
    }  # fmt: skip


def _grant(document: Document) -> Value:
    return {
        "role": str(document["role"]), "grantedBy": str(document["granted_by"]),
        "grantTime": text_of(document["granted_at"]), "reason": document["reason"],
        "expireTime": text_of(document["expires_at"]),
    }  # fmt: skip


def _badge(document: Document) -> Value:
    return {
        "kind": str(document["kind"]), "awardedBy": str(document["awarded_by"]),
        "awardTime": text_of(document["awarded_at"]),
        "validUntil": text_of(document["valid_until"]),
    }  # fmt: skip


def _passkey(document: Document) -> Value:
    return {
        "label": document["label"], "createTime": text_of(document["created_at"]),
        "useTime": text_of(document["used_at"]),
    }  # fmt: skip


def _consent_record(document: Document, _: Whose) -> Record:
    said: Record = {"recordId": str(document["_id"]), "number": document["number"]}
    told = _decision(document)
    return said | (told if isinstance(told, dict) else {})


def _profile(document: Document, _: Whose) -> Record:
    return {
        "avatar": document["avatar"], "updateTime": text_of(document["updated_at"]),
        "fields": {
            name: {"entries": list(shown["entries"]), "visibleTo": str(shown["to"])}
            for name, shown in document["fields"].items()
        },
    }  # fmt: skip


def _device(document: Document, _: Whose) -> Record | None:
    """None for one that has ended and is there for a legal hold only, which she need not see."""
    if own_end(document, "expires_at") < SystemClock().now():
        return None
    return {
        "sessionId": str(document["_id"]), "label": document["label"],
        "createTime": text_of(document["created_at"]), "useTime": text_of(document["used_at"]),
        "expireTime": text_of(own_end(document, "expires_at")),
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
        "state": "requested" if document.get("hold_sealed") else document["state"],
        "holdReason": None if document.get("hold_sealed") else document.get("hold_reason"),
        "requestTime": text_of(document["requested_at"]),
        "graceUntil": text_of(document["grace_until"]),
    }  # fmt: skip


KINDS: tuple[Kind, ...] = (
    Owned("account", "accounts", "Your account",
          "Who you are here, and what you agreed to and when.", "_id", _account),
    Owned("consent-records", "consent_records", "What you agreed to and what not",
          "Every decision of yours, when, and about which version of which text.",
          "member_id", _consent_record),
    Owned("profile", "profiles", "Your profile",
          "What you say about yourself, and to whom each thing is shown.", "_id", _profile),
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
    "case_notes": "that there is one stands among the looks at your data (ADR 31)",
    "holds": "is told with the erasure they hold up, unless a law forbids telling of it",
    "roster": "holds a keyed hash of what your sponsor knows you by, which nobody can read",
    "attempts": "counts under keyed hashes of what was typed, gone within hours",
    "erasure_records": "is of who has left",
    "exports": "is this export",
    "export_parts": "is this export, sealed",
    "networks": "is not about a person",
    "admin_lists": "holds only the ids of who is an admin of the network",
    "circle_places": "is what community tells you of itself: the circles you are or were in",
    "connected_pairs": "is what community tells you of itself: your connections",
    "answered_challenges": "are of passkeys, gone within minutes, and name nobody",
}
"""Collections of which nothing is told, and why."""
