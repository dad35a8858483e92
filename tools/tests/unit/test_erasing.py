"""Looking for what is left: every form an id has is seen, and what may stay is told from what may
not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import bson
import pytest
from bson.binary import UUID_SUBTYPE, Binary, UuidRepresentation
from erasure.receipts import Count, Receipt
from kith.identity.events.v1 import identity_events_pb2 as events
from kith_cli.erasing.findings import Place, Report, left
from kith_cli.erasing.marks import Marks, Wanted
from kith_cli.erasing.topics import Latest
from kith_cli.local.topics import FOREVER, Topic

ADA = UUID("01900000-0000-7000-8000-00000000000a")
BEN = UUID("01900000-0000-7000-8000-00000000000b")
MARKS = Marks.of(Wanted(ADA, "Ada@Example.org", "ada"))
DAY_MS = 86_400_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def stored(document: dict[str, object]) -> bytes:
    return bson.encode(document)


@pytest.mark.parametrize(
    "content, mark",
    [
        (stored({"_id": Binary(ADA.bytes, UUID_SUBTYPE)}), "id"),
        (stored({"deep": [{"in": Binary.from_uuid(ADA)}]}), "id"),
        (stored({"old": Binary.from_uuid(ADA, UuidRepresentation.CSHARP_LEGACY)}),
         "id, old subtype"),
        (stored({"key": f"nobody:{ADA}"}), "id as text"),
        (stored({"key": str(ADA).upper()}), "id as text"),
        (stored({"key": ADA.hex}), "id as hex"),
        (stored({"outbox": [{"payload": events.AccountClosed(
            member_id=str(ADA)).SerializeToString()}]}), "id as text"),
        (stored({"email": "ada@example.org"}), "e-mail address"),
        (stored({"text": "write to ADA@example.ORG, please"}), "e-mail address"),
        (stored({"handle": "Ada"}), "handle"),
        (stored({"keys": ["handle:ada"]}), "handle as a key"),
    ],
)  # fmt: skip
def test_she_is_seen_in_every_form(content: bytes, mark: str) -> None:
    assert mark in MARKS.found_in(content)


def test_others_are_not_taken_for_her() -> None:
    content = stored({
        "_id": Binary.from_uuid(BEN), "handle": "adam", "text": "ada is a language",
        "email": "ben@example.org", "keys": ["handle:adam"],
    })  # fmt: skip
    assert MARKS.found_in(content) == set()


@dataclass
class Record:
    """A record as it is read."""

    offset: int
    key: bytes = str(ADA).encode()
    value: bytes | None = b"state"
    topic: str = "topic"
    partition: int = 0
    timestamp: int = NOW_MS


def place(topic: Topic | None, *records: Record, found: str = "id as text") -> Place:
    latest, made = Latest(topic), Place("topic")
    for record in records:
        latest.take(record, {found})
    latest.conclude(made, MARKS)
    return made


def test_a_topic_that_lets_go_in_time_may_keep_the_pseudonym_until_then() -> None:
    made = place(Topic("topic", 1, 30 * DAY_MS, "delete"), Record(0), Record(1))
    assert made.is_empty
    assert made.hits == 2
    assert made.until == datetime(2026, 1, 31, tzinfo=UTC)
    assert made.verdict == "pseudonym only, in 2 records, the last until 2026-01-31"


@pytest.mark.parametrize("name", ["e-mail address", "handle"])
def test_no_topic_may_keep_a_name(name: str) -> None:
    assert not place(Topic("topic", 1, 30 * DAY_MS, "delete"), Record(0), found=name).is_empty


@pytest.mark.parametrize("topic", [None, Topic("topic", 1, FOREVER, "delete")])
def test_what_stays_for_ever_may_not_have_her(topic: Topic | None) -> None:
    assert not place(topic, Record(0)).is_empty


def test_a_compacted_topic_has_her_until_a_tombstone() -> None:
    topic = Topic("topic", 1, FOREVER, "compact")
    state, tombstone = Record(0), Record(1, value=None)
    assert not place(topic, state).is_empty
    gone = place(topic, state, tombstone)
    assert gone.is_empty
    assert gone.verdict == "nothing that counts: 1 replaced records wait for compaction"
    back = place(topic, state, tombstone, Record(2))
    assert not back.is_empty
    assert left([gone, back]) == [back]


def test_the_audit_log_may_say_that_somebody_looked() -> None:
    log = Place("identity.audit", hits=2, marks={"id"}, stays=True)
    assert log.is_empty
    assert log.verdict == "pseudonym only, in 2 entries that stay (the audit log)"


def test_it_is_proof_only_with_genuine_receipts_and_nothing_left() -> None:
    receipt = Receipt(BEN, BEN, "messaging", {"messages": Count(1)}, NOW)
    nothing, something = Place("nothing"), Place("something", hits=1, marks={"id"})
    assert Report([nothing], NOW, [(receipt, True)]).is_proof
    assert not Report([nothing, something], NOW, [(receipt, True)]).is_proof
    assert not Report([nothing], NOW, [(receipt, False)]).is_proof
    assert not Report([nothing], None, ()).is_proof
    assert something.verdict == "FOUND in 1: id"
