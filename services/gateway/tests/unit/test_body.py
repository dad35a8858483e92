"""Reading a body strictly, and saying what is wrong with it."""

from __future__ import annotations

import msgspec
import pytest
from common.errors import Invalid
from gateway.entrypoints.http.body import check_media_type, decode
from gateway.entrypoints.http.errors import MalformedJson, UnsupportedMediaType
from gateway.entrypoints.http.invites import CreateInvite
from gateway.entrypoints.http.messages import SendMessage
from gateway.entrypoints.http.problems import camel
from gateway.entrypoints.http.programs import CreateProgram
from hypothesis import given
from hypothesis import strategies as st


@given(st.binary())
def test_whatever_the_bytes_are_they_are_read_or_refused(content: bytes) -> None:
    try:
        decode(content, CreateProgram)
    except (Invalid, MalformedJson):
        pass


@given(st.text())
def test_any_text_that_json_can_carry_comes_through(text: str) -> None:
    body = {"clientMessageId": "1", "text": text}
    try:
        content = msgspec.json.encode(body)
    except UnicodeEncodeError:  # half a surrogate pair: no JSON has it
        return
    read = decode(content, SendMessage)
    assert read.text == text


@pytest.mark.parametrize("client_id", ["", "a" * 65, "ä", "a\tb", "\x7f", "1\x00"])
def test_an_id_of_the_client_is_printable_ascii(client_id: str) -> None:
    content = msgspec.json.encode({"clientMessageId": client_id, "text": "a"})
    with pytest.raises(Invalid):
        decode(content, SendMessage)


@given(st.text(min_size=1).filter(lambda name: name not in {"roles", "maxUses", "expireTime"}))
def test_a_field_nobody_knows_is_refused_and_never_makes_a_long_answer(name: str) -> None:
    try:
        content = msgspec.json.encode({name: 1})
    except UnicodeEncodeError:
        return
    with pytest.raises(Invalid) as caught:
        decode(content, CreateInvite)
    assert caught.value.metadata["field"] == name[:100]
    assert len(caught.value.message) <= 200


@pytest.mark.parametrize("kind", [b"application/json", b"application/json;charset=utf-8",
                                  b" APPLICATION/JSON ; charset=utf-8"])  # fmt: skip
def test_json_is_taken(kind: bytes) -> None:
    check_media_type(kind)


@pytest.mark.parametrize("kind", [b"", b"json", b"application/jsonp", b"text/json", b"\xff"])
def test_nothing_else_is(kind: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_media_type(kind)


@pytest.mark.parametrize(
    "name, expected",
    [("page_size", "pageSize"), ("id", "id"), ("", ""), ("days_7", "days7"), ("a_b_c", "aBC")],
)
def test_a_field_is_called_as_json_calls_it(name: str, expected: str) -> None:
    assert camel(name) == expected
