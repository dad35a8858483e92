"""Sealed words: what was sealed opens where it was sealed, and nowhere else, and not otherwise."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from messaging.adapters.sealing import KEY_BYTES, MessageDamaged, Place, Seal, new_key
from messaging.domain.message import MAX_TEXT

from services.messaging.tests.builders import ADA, BEN, NETWORK, OTHER_NETWORK

TALK, OTHER_TALK = UUID(int=1), UUID(int=2)
KEY = bytes(range(KEY_BYTES))
SEAL = Seal(KEY, NETWORK, TALK)
PLACE = Place(UUID(int=3), 7, ADA)
WORDS = "words nobody else may read"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_TEXT)
numbers = st.integers(0, 2**63 - 1)
places = st.builds(Place, st.uuids(), st.integers(1, 2**63 - 1), st.uuids(), numbers, numbers)


@given(text=texts, place=places)
def test_what_is_sealed_opens_again(text: str, place: Place) -> None:
    sealed = SEAL.seal(place, text)
    assert Seal(KEY, NETWORK, TALK).open(place, sealed) == text


@given(text=texts, place=places, other=places)
def test_nothing_opens_in_another_place(text: str, place: Place, other: Place) -> None:
    assume(other != place)
    with pytest.raises(MessageDamaged):
        SEAL.open(other, SEAL.seal(place, text))


@pytest.mark.parametrize(
    "other",
    [replace(PLACE, message_id=UUID(int=4)), replace(PLACE, sequence=8),
     replace(PLACE, sender_id=BEN), replace(PLACE, revision=1), replace(PLACE, reply_to=1)],
    ids=["message", "sequence", "sender", "revision", "reply"],
)  # fmt: skip
def test_each_part_of_the_place_counts(other: Place) -> None:
    with pytest.raises(MessageDamaged):
        SEAL.open(other, SEAL.seal(PLACE, WORDS))


@pytest.mark.parametrize(
    "other",
    [Seal(KEY, OTHER_NETWORK, TALK), Seal(KEY, NETWORK, OTHER_TALK),
     Seal(bytes(KEY_BYTES), NETWORK, TALK)],
    ids=["network", "conversation", "key"],
)  # fmt: skip
def test_nothing_opens_in_another_conversation_or_with_another_key(other: Seal) -> None:
    with pytest.raises(MessageDamaged):
        other.open(PLACE, SEAL.seal(PLACE, WORDS))


def test_an_earlier_revision_does_not_open_as_a_later_one_whatever_its_first_byte_says() -> None:
    first = SEAL.seal(PLACE, WORDS)
    second = SEAL.seal(replace(PLACE, revision=1), WORDS)
    for old, later in ((first, 1), (second, 0), (second, 2)):
        for version in (b"\x01", b"\x02"):
            with pytest.raises(MessageDamaged):
                SEAL.open(replace(PLACE, revision=later), version + old[1:])


@given(st.data())
def test_no_changed_bit_and_no_cut_goes_unnoticed(data: st.DataObject) -> None:
    sealed = SEAL.seal(PLACE, WORDS)
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for wrong in (bytes(changed), cut):
        with pytest.raises(MessageDamaged):
            SEAL.open(PLACE, wrong)


@given(st.binary(max_size=200))
def test_garbage_is_damage_and_no_words(garbage: bytes) -> None:
    with pytest.raises(MessageDamaged):
        SEAL.open(PLACE, garbage)


def test_the_same_words_look_different_each_time_and_never_like_themselves() -> None:
    sealed = {SEAL.seal(PLACE, WORDS) for _ in range(100)}
    assert len({one[1:13] for one in sealed}) == 100
    assert not any(WORDS[:8].encode() in one for one in sealed)
    assert {len(one) for one in sealed} == {1 + 12 + len(WORDS) + 16}


def test_a_refusal_names_ids_and_a_seal_shows_no_key() -> None:
    with pytest.raises(MessageDamaged) as refused:
        SEAL.open(replace(PLACE, sequence=8), SEAL.seal(PLACE, WORDS))
    assert refused.value.message == f"the stored text of message {PLACE.message_id} does not open"
    assert refused.value.__cause__ is None
    assert repr(SEAL) == "***"
    assert len({new_key() for _ in range(100)}) == 100
