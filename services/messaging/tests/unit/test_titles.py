"""What groups may be called."""

from __future__ import annotations

import pytest
from common.errors import Invalid
from messaging.domain.roster import MAX_TITLE, check_title

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "title",
    [
        "Evening",
        FAMILY,
        "10\u00a0km",
        "\u0645\u06cc\u200c\u062e",
        "\u3042\u3000\u3044",
        "x" * MAX_TITLE,
    ],
    ids=["plain", "family", "no-break", "non-joiner", "wide space", "longest"],
)
def test_what_people_write_is_a_title(title: str) -> None:
    check_title(title)


@pytest.mark.parametrize(
    "title",
    [
        "", " ", "\u00a0", "\u200d", "\u200b", "x" * (MAX_TITLE + 1), "a\nb", "a\x00b", "a\x85b",
        "a\u2028b", "a\u2029b", "a\ud800b", "a\u202eb", "a\u2066b",
    ],
    ids=[
        "nothing", "space", "no-break", "joiner", "no width", "too long", "line", "zero", "next",
        "line separator", "paragraph", "surrogate", "override", "isolate",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_or_turns_what_is_around_it_is_none(title: str) -> None:
    with pytest.raises(Invalid) as raised:
        check_title(title)
    assert raised.value.metadata["field"] == "title"
