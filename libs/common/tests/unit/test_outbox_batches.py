"""Batches of the relay: in order, complete, and never more than PER_KEY entries of one key."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any
from uuid import UUID

from common.outbox import MAX_WAITING, PER_KEY, ROOM, Outgoing, fields, push
from common.outbox.documents import batches
from google.protobuf.wrappers_pb2 import Int64Value
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=MAX_WAITING)


def _documents(outboxes: list[list[str]]) -> list[dict[str, Any]]:
    ids = count()
    return [
        {"_id": number, "outbox": [{"id": next(ids), "key": key} for key in keys]}
        for number, keys in enumerate(outboxes)
    ]


@given(st.lists(KEYS, max_size=20))
def test_batches_hold_everything_in_order_and_few_of_each_key(outboxes: list[list[str]]) -> None:
    documents = _documents(outboxes)
    made = list(batches(documents))
    published = [entry["id"] for batch in made for part in batch for entry in part.entries]
    assert published == [entry["id"] for document in documents for entry in document["outbox"]]
    for batch in made:
        keys = Counter(entry["key"] for part in batch for entry in part.entries)
        assert max(keys.values()) <= PER_KEY


@given(st.lists(KEYS, max_size=20))
def test_each_document_is_ended_by_its_last_part_and_by_no_other(outboxes: list[list[str]]) -> None:
    documents = _documents(outboxes)
    seen: dict[int, list[int]] = {}
    ended: list[int] = []
    for batch in batches(documents):
        for part in batch:
            id = part.document["_id"]
            assert id not in ended
            seen.setdefault(id, []).extend(entry["id"] for entry in part.entries)
            if part.last:
                assert seen[id] == [entry["id"] for entry in part.document["outbox"]]
                ended.append(id)
    assert ended == [document["_id"] for document in documents]


def test_a_document_whose_outbox_is_empty_is_still_ended() -> None:
    ((part,),) = batches([{"_id": 1, "outbox": []}])
    assert (part.entries, part.last) == ([], True)


def test_small_documents_of_many_keys_go_together() -> None:
    assert len(list(batches(_documents([[str(n)] for n in range(100)])))) == 1


def test_an_update_without_events_only_sets() -> None:
    assert push([], {"name": "x"}) == {"$set": {"name": "x"}}
    assert fields([]) == {}


def test_events_and_state_are_one_update() -> None:
    event = Outgoing(Int64Value(value=7), "a.b.v1", UUID(int=1), 3)
    update = push([event], {"name": "x"})
    (entry,) = update["$push"]["outbox"]["$each"]
    assert update["$set"]["name"] == "x"
    assert (entry["topic"], entry["key"], entry["sequence"]) == ("a.b.v1", str(UUID(int=1)), 3)
    assert entry["type"] == "google.protobuf.Int64Value"
    assert Int64Value.FromString(entry["payload"]).value == 7


def test_the_room_is_for_as_many_entries_as_may_wait() -> None:
    assert ROOM == {"outbox.99": {"$exists": False}}
