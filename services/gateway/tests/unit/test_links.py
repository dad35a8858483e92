"""Links to things of Kith in what people write."""

from __future__ import annotations

import pytest
from gateway.entrypoints.http.links import MOST_LINKS, Link, LinkKind, links_in
from hypothesis import given
from hypothesis import strategies as st

IDS = [f"01991f3c-7a10-7c3e-9d55-6f1d2b8a4e{number:02x}" for number in range(8)]
ONE, TWO = IDS[:2]


def ids(text: str) -> list[str]:
    return [link.id for link in links_in(text)]


@pytest.mark.parametrize(
    "text, wanted",
    [
        (f"kith:posts/{ONE}", [ONE]),
        (f"Look at this: kith:posts/{ONE}.", [ONE]),
        (f"(kith:posts/{ONE}), kith:posts/{TWO}!", [ONE, TWO]),
        (f"kith:posts/{TWO}\nkith:posts/{ONE} kith:posts/{TWO}", [TWO, ONE]),
        ("no link at all", []),
        ("kith:posts/", []),
        ("kith:posts/p1", []),
        (f"kith:members/{ONE}", []),
        (f"kith:resource/{ONE}", []),
        (f"kith:resources/{ONE}0", []),
        (f"kith:posts/{ONE}0", []),
        (f"kith:posts/{ONE}-1", []),
        (f"kith:posts/{ONE}/comments", []),
        (f"kith:posts/{ONE.upper()}", []),
        (f"https://example.org/kith:posts/{ONE}", []),
        (f"notkith:posts/{ONE}", []),
    ],
)
def test_what_is_a_link(text: str, wanted: list[str]) -> None:
    assert ids(text) == wanted


def test_only_the_first_few_count() -> None:
    assert ids(" ".join(f"kith:posts/{id}" for id in IDS)) == IDS[:MOST_LINKS]


def test_both_kinds_are_told_in_the_order_of_the_text_and_count_together() -> None:
    text = f"kith:resources/{ONE} kith:posts/{ONE} kith:resources/{TWO} kith:posts/{ONE}"
    wanted = [Link("resource", ONE), Link("post", ONE), Link("resource", TWO)]
    assert links_in(text) == wanted
    more = " ".join(f"kith:posts/{id}" for id in IDS)
    assert links_in(f"{text} {more}") == [*wanted, Link("post", TWO), Link("post", IDS[2])]


KINDS: dict[LinkKind, str] = {"post": "posts", "resource": "resources"}
LINKS = st.tuples(st.sampled_from(list(KINDS)), st.sampled_from(IDS))
WORDS = st.text(max_size=30).filter(lambda text: ":" not in text)


@given(st.lists(st.one_of(LINKS, WORDS)))
def test_what_stands_between_changes_nothing(parts: list[tuple[LinkKind, str] | str]) -> None:
    text = " ".join(
        part if isinstance(part, str) else f"kith:{KINDS[part[0]]}/{part[1]}" for part in parts
    )
    there = list(dict.fromkeys(part for part in parts if not isinstance(part, str)))
    assert links_in(text) == [Link(kind=kind, id=id) for kind, id in there[:MOST_LINKS]]
