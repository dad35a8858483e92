"""What is read from a record never fails, whatever the record holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from common.errors import Conflict, Invalid, Kind, RemoteError
from common.kafka_consumer.records import decode, is_rejection, meta_of, reason_of
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from hypothesis import given
from hypothesis import strategies as st

HEADER = st.tuples(
    st.sampled_from(["ce_id", "ce_type", "ce_sequence", "traceparent", "x"]),
    st.none() | st.binary(max_size=30) | st.integers().map(lambda number: str(number).encode()),
)


def _record(headers: Any = (), key: bytes | None = b"k", value: bytes | None = b"") -> Any:
    return SimpleNamespace(
        topic="t", partition=3, offset=9, key=key, value=value, headers=tuple(headers)
    )


def test_the_headers_are_read() -> None:
    headers = [("ce_id", b"i"), ("ce_type", b"T"), ("ce_sequence", b"12"), ("traceparent", b"p")]
    meta = meta_of(_record(headers))
    assert (meta.topic, meta.partition, meta.offset, meta.key) == ("t", 3, 9, "k")
    assert (meta.id, meta.type, meta.sequence, meta.traceparent) == ("i", "T", 12, "p")


@given(st.lists(HEADER), st.none() | st.binary())
def test_no_header_and_no_key_can_make_reading_fail(headers: Any, key: bytes | None) -> None:
    assert meta_of(_record(headers, key)).sequence >= 0


@pytest.mark.parametrize("text", ["²", "٣", "-1", "1.0", "9" * 5_000, ""])
def test_a_sequence_that_is_no_number_is_zero(text: str) -> None:
    assert meta_of(_record([("ce_sequence", text.encode())])).sequence == 0


def test_a_record_without_a_value_is_invalid_and_one_with_an_empty_value_is_an_empty_event() -> (
    None
):
    assert decode(Int64Value, _record(value=b"")) == Int64Value()
    with pytest.raises(Invalid):
        decode(Int64Value, _record(value=None))


@pytest.mark.parametrize("value", [b"\xff", b"\x0a\xff", b"\x0a\x02\xff\xff"])
def test_bytes_that_are_no_event_are_rejected(value: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(StringValue, _record(value=value))
    assert is_rejection(caught.value)
    assert reason_of(caught.value) == "UNDECODABLE"


def test_only_what_is_invalid_is_rejected() -> None:
    assert is_rejection(RemoteError(Kind.INVALID, "BAD_DATE", "no", {}))
    assert reason_of(RemoteError(Kind.INVALID, "BAD_DATE", "no", {})) == "BAD_DATE"
    assert not is_rejection(Conflict("no"))
    assert not is_rejection(ValueError("a bug"))
