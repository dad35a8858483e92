"""Identifiers: ascending when new, the same for the same parts, canonical at the edges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from common.errors import Invalid
from common.ids import (
    named_id,
    new_id,
    parse_id,
    tag_for,
    tag_of,
    tagged_id,
    text_of,
    timed_id,
)
from hypothesis import given
from hypothesis import strategies as st

SPACE = UUID(int=7)


def test_new_ids_are_uuids_of_version_7_and_ascend() -> None:
    ids = [new_id() for _ in range(50_000)]
    assert ids == sorted(set(ids))
    assert {(id.version, id.variant) for id in ids} == {(7, "specified in RFC 4122")}
    assert {type(id) for id in ids} == {UUID}


def test_new_ids_of_many_threads_ascend_in_each_and_are_unique() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(5_000)], range(8)))
    assert all(ids == sorted(ids) for ids in made)
    assert len({id for ids in made for id in ids}) == 40_000


def test_tagged_ids_ascend_also_among_new_ones_and_say_who_made_them() -> None:
    tags = [tag_for("messaging", f"host-{number} 0.0.0.0:8081") for number in range(3)]
    ids = [new_id() if number % 4 == 3 else tagged_id(tags[number % 4]) for number in range(50_000)]
    assert ids == sorted(set(ids))
    assert {(id.version, id.variant) for id in ids} == {(7, "specified in RFC 4122")}
    assert all(tag_of(id) == tags[number % 4] for number, id in enumerate(ids) if number % 4 < 3)


def test_an_instance_has_the_same_tag_each_time_it_starts_and_others_another() -> None:
    assert tag_for("messaging", "a 0.0.0.0:1") == tag_for("messaging", "a 0.0.0.0:1") < 2**32
    others = {tag_for("messaging", f"a 0.0.0.0:{port}") for port in range(1, 9)}
    assert len(others | {tag_for("identity", "a 0.0.0.0:1")}) == 9


def test_the_same_parts_give_the_same_id_and_others_another() -> None:
    assert named_id(SPACE, "a", 1) == named_id(SPACE, "a", 1)
    assert len({named_id(SPACE, "a", 1), named_id(SPACE, "a1"), named_id(SPACE, 1, "a")}) == 3
    assert named_id(SPACE, "a").version == 5


@given(st.integers(0, 2**48 - 1), st.text())
def test_a_timed_id_is_a_uuid7_of_that_time_and_always_the_same(millis: int, part: str) -> None:
    id = timed_id(millis, SPACE, part)
    assert id == timed_id(millis, SPACE, part)
    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert id.int >> 80 == millis


def test_timed_ids_of_one_time_differ_by_their_parts() -> None:
    assert len({timed_id(5, SPACE, number) for number in range(10_000)}) == 10_000


def test_a_canonical_uuid_is_read() -> None:
    id = uuid4()
    assert parse_id(str(id), "member_id") == id


@pytest.mark.parametrize(
    "text",
    ["", "x", str(UUID(int=10)).upper(), UUID(int=10).hex, f"{{{UUID(int=10)}}}",
     f"urn:uuid:{UUID(int=10)}", f" {UUID(int=10)}", "\u06f0" * 36],
)  # fmt: skip
def test_anything_else_is_invalid_and_names_the_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_id(text, "member_id")
    assert caught.value.metadata == {"field": "member_id"}
    assert text == "" or text not in caught.value.message


def test_what_is_no_id_is_refused_each_time_and_what_is_one_read_again() -> None:
    id = uuid4()
    assert parse_id(text_of(id), "a") == parse_id(text_of(id), "b") == id
    for field in ("a", "b"):
        with pytest.raises(Invalid) as refused:
            parse_id(text_of(id).upper(), field)
        assert refused.value.metadata["field"] == field
