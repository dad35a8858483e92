"""What people type is brought into one form, or refused."""

from __future__ import annotations

import pytest
from common.errors import Invalid
from hypothesis import assume, given
from hypothesis import strategies as st
from identity.domain import credentials

LETTERS = st.characters(categories=["L", "Nd"])
HANDLES = st.text(st.one_of(LETTERS, st.sampled_from("._-")), min_size=1, max_size=31)


@given(HANDLES)
def test_a_handle_is_either_refused_or_stays_as_it_is_when_given_again(text: str) -> None:
    try:
        shown = credentials.handle(text)
    except Invalid:
        assume(False)
    assert credentials.handle(shown) == shown
    assert 2 <= len(shown) <= 30


@given(HANDLES)
def test_handles_that_differ_by_case_share_a_key(text: str) -> None:
    key = credentials.handle_key(text)
    assert credentials.handle_key(key) == key
    assert credentials.handle_key(text.upper()) == credentials.handle_key(text.upper().lower())


@pytest.mark.parametrize("one, other", [("Ada", "aDA"), ("STRASSE", "straße"), ("\uff21da", "ada")])
def test_these_handles_are_taken_for_one_another(one: str, other: str) -> None:
    assert credentials.handle_key(credentials.handle(one)) == credentials.handle_key(other)


@pytest.mark.parametrize(
    "text", ["", "a", "a" * 31, "a b", "a@b", "ada\n", "a\x00b", "😀😀", "a/b", "<b>", "ada "]
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        credentials.handle(text)
    assert refused.value.metadata == {"field": "handle"}


@given(st.emails())
def test_an_address_is_stored_in_one_form_however_it_is_typed(text: str) -> None:
    assume(text.isascii())
    stored = credentials.email(text)
    assert credentials.email(stored) == stored
    assert credentials.email(f"  {text.upper()} ") == stored


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@", "ada@", "@example.org", "ada@example", "a b@example.org", "a@b@example.org",
     "a@example..org", "a@.org", "a\x00@example.org", "a\u202e@example.org",
     "a" * 250 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        credentials.email(text)
    assert refused.value.metadata == {"field": "email"}


@pytest.mark.parametrize("text", ["", "short", "x" * 11, "x" * 257])
def test_a_password_that_is_too_short_or_too_long_cannot_be_chosen(text: str) -> None:
    with pytest.raises(Invalid):
        credentials.new_password(text)


def test_a_password_is_the_same_however_its_accents_are_composed() -> None:
    assert credentials.password("caf\u00e9") == credentials.password("cafe\u0301")


def test_an_old_short_password_still_signs_in() -> None:
    assert credentials.password("x") == "x"


@pytest.mark.parametrize(
    "text", ["gro\u00df@example.org", "\uff41da@example.org", "ada@\u017f.org"]
)
def test_mail_never_goes_to_another_address_than_the_one_that_was_typed(text: str) -> None:
    with pytest.raises(Invalid):
        credentials.new_email(text)


def test_an_address_to_write_to_is_one_in_any_case() -> None:
    assert credentials.new_email(" Ada@Example.ORG ") == "ada@example.org"
    assert credentials.new_email("rene\u0301@example.org") == "ren\u00e9@example.org"
