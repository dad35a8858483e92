"""How long identity keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule

from identity.adapters.mongo import INVITES_KEPT
from identity.adapters.mongo_case_notes import CLOSED_KEPT
from identity.adapters.mongo_erasures import RECORDS_KEPT
from identity.adapters.mongo_holds import ENDED_KEPT
from identity.adapters.mongo_ties import MARKS_KEPT

RULES: tuple[Rule, ...] = (
    Rule(
        "networks",
        "networks and their settings",
        Fate.KEPT,
        "a network is its members'",
        "created_at",
    ),
    Rule("accounts", "accounts", Fate.ERASURE, "it is how she gets in", "created_at"),
    Rule(
        "accounts",
        "applications that wait or were declined",
        Fate.EXPIRES,
        "30 days for an admin to decide, then 30 for who was declined to ask why (ADR 29)",
        "remove_at",
    ),
    Rule(
        "profiles",
        "what members say about themselves",
        Fate.ERASURE,
        "others find in it whom to ask",
        "updated_at",
    ),
    Rule(
        "circle_places",
        "who is in which circle, as community tells it",
        Fate.ERASURE,
        "it decides who sees what is for circles",
    ),
    Rule(
        "circle_places",
        "that somebody left a circle",
        Fate.EXPIRES,
        "until no older event can come again (ADR 30)",
        "ended_at",
        MARKS_KEPT,
    ),
    Rule(
        "connected_pairs",
        "who is connected with whom, as community tells it",
        Fate.ERASURE,
        "it decides who sees what is for connections",
    ),
    Rule(
        "connected_pairs",
        "that a connection ended",
        Fate.EXPIRES,
        "until no older event can come again (ADR 30)",
        "ended_at",
        MARKS_KEPT,
    ),
    Rule(
        "consent_records",
        "decisions on consent",
        Fate.ERASURE,
        "proof of what she agreed to, for her and for who asks (ADR 19)",
        "decided_at",
    ),
    Rule("admin_lists", "who is an admin and steps down", Fate.KEPT, "a network is its members'"),
    Rule(
        "answered_challenges",
        "challenges of passkeys that were answered",
        Fate.EXPIRES,
        "until they are no good in any case (ADR 24)",
        "expires_at",
    ),
    Rule(
        "exports",
        "exports",
        Fate.EXPIRES,
        "a week to fetch it (ADR 26)",
        "expires_at",
    ),
    Rule(
        "export_parts",
        "sealed pages of exports",
        Fate.EXPIRES,
        "as long as the export they are of",
        "expires_at",
    ),
    Rule(
        "invites",
        "invites",
        Fate.EXPIRES,
        "a while for an admin to see what became of them",
        "expires_at",
        INVITES_KEPT,
    ),
    Rule(
        "roster",
        "keyed hashes of whom a sponsor lets in",
        Fate.ENDS,
        "until the sponsor takes them off; they name nobody",
        "added_at",
    ),
    Rule(
        "devices", "sessions", Fate.EXPIRES, "60 days unused, a year in all (ADR 15)", "expires_at"
    ),
    Rule(
        "mails",
        "mails that wait",
        Fate.EXPIRES,
        "until they are worth nothing any more (ADR 22)",
        "expires_at",
    ),
    Rule(
        "attempts",
        "counts of failures, by keyed hashes",
        Fate.EXPIRES,
        "until they slow nobody down any more (ADR 15)",
        "expires_at",
    ),
    Rule(
        "erasures",
        "erasures under way",
        Fate.ENDS,
        "until every service has signed and her account is gone",
        "requested_at",
    ),
    Rule(
        "case_notes",
        "which crisis cases are open",
        Fate.EXPIRES,
        "longer than the log holds what could open a closed one again",
        "closed_at",
        CLOSED_KEPT,
    ),
    Rule(
        "holds",
        "legal holds",
        Fate.EXPIRES,
        "a while after the last has ended, for an admin to see that it did; or until her erasure",
        "ends_at",
        ENDED_KEPT,
    ),
    Rule(
        "erasure_records",
        "receipts of erasures",
        Fate.EXPIRES,
        "proof, as long as somebody may usually ask for it",
        "finished_at",
        RECORDS_KEPT,
    ),
    Rule(
        "audit",
        "who looked at whose data, by pseudonyms",
        Fate.KEPT,
        "each entry holds the next one; promise 7 names what stays (ADR 18)",
        "at",
    ),
)
