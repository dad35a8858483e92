"""What may be handed in: any text within the limits, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import (
    WEIRD_TEXTS,
    a_circle_draft,
    a_comment_draft,
    a_post_draft,
)

Draft = Callable[[str], object]
TEXTS: dict[str, tuple[Draft, str]] = {
    "post": (lambda text: a_post_draft(new_id(), text=text), "text"),
    "comment": (lambda text: a_comment_draft(new_id(), text=text), "text"),
}
REQUESTS: dict[str, Draft] = {
    "circle": lambda id: a_circle_draft(request=id),
    "post": lambda id: a_post_draft(new_id(), request=id),
    "comment": lambda id: a_comment_draft(new_id(), request=id),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("text", WEIRD_TEXTS)
def test_what_is_no_text_or_too_much_is_refused(kind: str, text: str) -> None:
    make, field = TEXTS[kind]
    with pytest.raises(Invalid) as refused:
        make(text)
    assert refused.value.metadata == {"field": field}


@pytest.mark.parametrize("kind", TEXTS)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
def test_any_other_text_is_taken_as_it_is(kind: str, text: str) -> None:
    make, _ = TEXTS[kind]
    make(text + "é")
    make((text + "🙂") * 100)


@pytest.mark.parametrize("kind", TEXTS)
def test_the_longest_text_counts_characters_and_not_bytes(kind: str) -> None:
    make, _ = TEXTS[kind]
    make("🙂" * 10_000)


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("request_id", [" ", "x" * 65, "a\x00"])
def test_a_request_id_has_1_to_64_characters(kind: str, request_id: str) -> None:
    with pytest.raises(Invalid) as refused:
        REQUESTS[kind](request_id)
    assert refused.value.metadata == {"field": "request_id"}
    REQUESTS[kind]("x" * 64)


@pytest.mark.parametrize("name", [" ", "x" * 81, "a\x00"])
def test_a_circle_needs_a_name_people_can_read(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_circle_draft(name=name)
    assert refused.value.metadata == {"field": "display_name"}
    a_circle_draft(name="x" * 80)


@pytest.mark.parametrize("purpose", ["x" * 501, "a\x00"])
def test_a_purpose_may_be_left_out_but_not_be_endless(purpose: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_circle_draft(purpose=purpose)
    assert refused.value.metadata == {"field": "purpose"}
    a_circle_draft(purpose="")
    a_circle_draft(purpose="x" * 500)
