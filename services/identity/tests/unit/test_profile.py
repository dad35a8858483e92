"""A profile: what it takes, what it refuses, and what of it others are shown."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from common.errors import Invalid
from common.ids import new_id
from gateway.entrypoints.http.avatars import AVATARS as DRAWN
from hypothesis import given
from hypothesis import strategies as st
from identity.domain import credentials
from identity.domain.errors import ProfileChanged
from identity.domain.handles import OFFERED, THINGS, WORDS, choose, draw
from identity.domain.profile import (
    AVATARS,
    MAX_TEXT,
    MOST,
    Change,
    Field,
    Profile,
    Shown,
    Visibility,
)

from services.identity.tests.builders import NETWORK, NOW

EMPTY = Profile.empty(new_id(), NETWORK)
WORDED = [
    Field.PRONOUNS, Field.LIVES_WITH, Field.STAGE, Field.OFFERS, Field.NEEDS, Field.INTERESTS,
]  # fmt: skip


def saying(name: Field, *entries: str) -> tuple[str, ...]:
    """What becomes of entries."""
    return EMPTY.update(Change(entries={name: entries}), 0, NOW).fields[name].entries


def test_nothing_is_shown_to_anybody_until_she_says_so() -> None:
    assert set(EMPTY.fields.values()) == {Shown((), Visibility.ONLY_ME)}
    told = EMPTY.update(Change(entries={Field.NEEDS: ("sleep",)}), 0, NOW)
    assert told.showing(set(Visibility) - {Visibility.ONLY_ME}).fields == EMPTY.fields


@given(
    st.dictionaries(st.sampled_from(WORDED), st.sampled_from(Visibility)),
    st.sets(st.sampled_from(Visibility)),
)
def test_exactly_what_is_shown_is_seen(
    shown: dict[Field, Visibility], visible: set[Visibility]
) -> None:
    said = {name: (f"about {name}",) for name in WORDED}
    profile = EMPTY.update(Change(entries=said, to=shown), 0, NOW)
    seen = profile.showing(visible)
    for name in WORDED:
        expected = said[name] if shown.get(name, Visibility.ONLY_ME) in visible else ()
        assert seen.fields[name] == Shown(expected)
    assert (seen.version, seen.updated_at) == (0, None)


def test_what_is_not_named_stays_and_each_change_is_a_version() -> None:
    one = EMPTY.update(Change(avatar=5, entries={Field.OFFERS: ("a walk",)}), 0, NOW)
    two = one.update(Change(to={Field.OFFERS: Visibility.NETWORK}), 1, NOW)
    assert (two.avatar, two.version) == (5, 2)
    assert two.fields[Field.OFFERS] == Shown(("a walk",), Visibility.NETWORK)
    assert two.update(Change(entries={Field.OFFERS: ()}), 2, NOW).fields[Field.OFFERS].entries == ()


def test_a_change_of_another_version_is_refused_unless_it_is_so_already() -> None:
    change = Change(entries={Field.STAGE: ("early",)})
    one = EMPTY.update(change, 0, NOW)
    assert one.update(change, 0, NOW) is one
    with pytest.raises(ProfileChanged):
        one.update(Change(entries={Field.STAGE: ("later",)}), 0, NOW)


@pytest.mark.parametrize("avatar", [-1, AVATARS])
def test_there_is_no_such_picture(avatar: int) -> None:
    with pytest.raises(Invalid):
        EMPTY.update(Change(avatar=avatar), 0, NOW)
    assert 0 <= EMPTY.avatar < AVATARS
    assert AVATARS == DRAWN, "the gateway draws as many as can be chosen"


@pytest.mark.parametrize("name", WORDED)
@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00", "\u202eabc", "x" * (MAX_TEXT + 1)])
def test_what_is_no_line_of_text_is_refused(name: Field, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        saying(name, text)
    assert refused.value.metadata == {"field": name}


def test_texts_are_kept_in_one_form_and_once() -> None:
    assert saying(Field.INTERESTS, " cafe\u0301 ", "caf\u00e9", "Birds", "birds", "👩‍👩‍👧") == (
        "caf\u00e9", "Birds", "👩‍👩‍👧",
    )  # fmt: skip


@pytest.mark.parametrize("name", Field)
def test_a_field_takes_so_many_and_no_more(name: Field) -> None:
    languages = [f"{a}{b}" for a in "abcde" for b in "abcde"]
    entries = {Field.LANGUAGES: languages, Field.TIME_ZONE: ["UTC", "Europe/Berlin"]}.get(
        name, [str(number) for number in range(30)]
    )
    assert len(saying(name, *entries[: MOST[name]])) == MOST[name]
    with pytest.raises(Invalid):
        saying(name, *entries[: MOST[name] + 1])


@pytest.mark.parametrize(
    "typed, kept",
    [("EN", "en"), ("pt-br", "pt-BR"), ("ZH-hANT-tw", "zh-Hant-TW"), ("es-419", "es-419"),
     ("de-1996", "de-1996"), ("sl-rozaj", "sl-rozaj")],
)  # fmt: skip
def test_a_language_is_a_tag_in_its_usual_form(typed: str, kept: str) -> None:
    assert saying(Field.LANGUAGES, typed) == (kept,)


@pytest.mark.parametrize("typed", ["", "english", "e", "en_GB", "en-", "x-mine", "en-GB\n", "日本"])
def test_what_is_no_tag_is_no_language(typed: str) -> None:
    with pytest.raises(Invalid):
        saying(Field.LANGUAGES, typed)


@pytest.mark.parametrize("typed", ["", "Berlin", "../etc/passwd", "Europe/", "\x00", "europe"])
def test_what_is_no_time_zone_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        saying(Field.TIME_ZONE, typed)


def test_handles_offered_are_handles_and_plenty() -> None:
    assert len(set(WORDS)) * len(set(THINGS)) == 60 * 60
    for word in WORDS:
        for thing in THINGS:
            assert credentials.handle(f"{word}-{thing}-999")


def test_only_what_is_free_is_offered_and_each_once() -> None:
    drawn = list(draw(Random(7)))
    assert list(draw(Random(7))) == drawn
    offered = choose([*drawn, *drawn], set(drawn[3:]))
    assert len(offered) == OFFERED
    assert max(Counter(offered).values()) == 1
    assert set(offered) <= set(drawn[3:])
    assert choose(drawn, set()) == []
