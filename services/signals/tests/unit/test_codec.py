"""A state is restored to the last bit, from its bytes and from its numbers."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from signals.domain.activity import Activity
from signals.domain.codec import (
    NUMBERS,
    UnknownLayout,
    decode,
    encode,
    from_numbers,
    to_numbers,
)
from signals.domain.estimate import estimate
from signals.domain.state import MemberState

from services.signals.tests.unit.builders import P, consented, histories, messages, take_all


@given(histories(disorder=10.0))
def test_decode_undoes_encode_bit_for_bit(history: list[Activity]) -> None:
    state = take_all(history)
    restored = decode(encode(state))
    assert restored == state
    assert encode(restored) == encode(state)
    assert [type(n) for n in to_numbers(restored)] == [type(n) for n in to_numbers(state)]


@given(histories(disorder=10.0))
def test_numbers_sent_as_doubles_come_back_as_they_were(history: list[Activity]) -> None:
    state = take_all(history)
    wire = struct.unpack(f"{NUMBERS}d", struct.pack(f"{NUMBERS}d", *to_numbers(state)))
    restored = from_numbers(wire, state.keys)
    assert encode(restored) == encode(state)


@given(histories())
def test_without_the_ids_the_estimate_is_the_same(history: list[Activity]) -> None:
    state = take_all(history)
    assert estimate(from_numbers(to_numbers(state)), state.newest_at, P) == estimate(
        state, state.newest_at, P
    )


def test_a_state_takes_at_most_1200_bytes_and_18_without_consent() -> None:
    state = take_all(messages(0, 500))
    assert len(encode(state)) < 1200
    assert len(encode(MemberState())) == 18
    assert decode(encode(MemberState())) == MemberState()


@pytest.mark.parametrize(
    "data", [b"", b"\x03", b"\x02", b"\x01", b"\x01" * 600, b"\x63" + bytes(18)]
)
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(UnknownLayout):
        decode(data)


def test_cut_bytes_are_refused() -> None:
    data = encode(take_all(messages(0, 5)))
    for length in range(19, len(data) - 5 * 8):
        with pytest.raises(UnknownLayout):
            decode(data[:length])


def test_too_few_numbers_are_refused() -> None:
    with pytest.raises(UnknownLayout, match="100 numbers"):
        from_numbers(to_numbers(consented())[:-2])


@given(histories(disorder=10.0))
def test_a_state_of_the_first_release_is_read_as_of_an_unknown_text(
    history: list[Activity],
) -> None:
    state = take_all(history)
    state.consent_version = 0
    data, keys = encode(state), len(state.keys)
    body = len(data) - keys
    assert decode(b"\x01" + data[1 : body - 8] + data[body:]) == state
    assert from_numbers(to_numbers(state)[:-1], state.keys) == state


def test_a_state_keeps_the_version_of_the_text_it_rests_on() -> None:
    state = consented()
    state.consent_version = 7
    assert decode(encode(state)).consent_version == 7
    assert from_numbers(to_numbers(state)).consent_version == 7
    assert state.copy().consent_version == 7


def test_a_copy_shares_nothing() -> None:
    state = take_all(messages(0, 3))
    copy, before = state.copy(), encode(state)
    take_all(messages(9, 9), copy)
    assert encode(state) == before
    assert copy != state
