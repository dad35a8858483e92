"""What may be offered as a program, and what is wrong with what may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from programs.domain.errors import StepNotFound
from programs.domain.program import MAX_STEPS, MAX_WEEKS, Definition, Step, StepKind

from services.programs.tests.builders import a_definition, a_step, steps

LINES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=80
).filter(lambda text: text == text.strip())
STEP_IDS = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    weeks = draw(st.integers(1, MAX_WEEKS))
    ids = draw(st.lists(STEP_IDS, min_size=1, max_size=12, unique=True))
    at = sorted(draw(st.lists(st.integers(1, weeks), min_size=len(ids), max_size=len(ids))))
    return Definition(
        draw(LINES), weeks,
        tuple(
            Step(id, week, draw(st.sampled_from(StepKind)), draw(LINES))
            for id, week in zip(ids, at, strict=True)
        ),
    )  # fmt: skip


def field_of(definition: Definition) -> str:
    """What `check` says is wrong."""
    with pytest.raises(Invalid) as refused:
        definition.check()
    assert refused.value.reason == "INVALID_ARGUMENT"
    return refused.value.metadata["field"]


@given(definitions())
def test_whatever_keeps_the_rules_is_accepted(definition: Definition) -> None:
    definition.check()


@given(definitions(), st.data())
def test_the_place_of_a_step_is_where_it_stands(
    definition: Definition, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(definition.steps) - 1))
    assert definition.place_of(definition.steps[index].id) == index


@given(definitions(), st.data())
def test_an_id_used_twice_is_named_where_it_comes_again(
    definition: Definition, data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(definition.steps))
    more = (*definition.steps, replace(again, week=definition.weeks))
    assert field_of(replace(definition, steps=more)) == f"steps[{len(more) - 1}].id"


@given(definitions(), st.data(), st.integers(-(2**31), 2**31 - 1))
def test_a_week_outside_the_program_is_named(
    definition: Definition, data: st.DataObject, week: int
) -> None:
    index = data.draw(st.integers(0, len(definition.steps) - 1))
    wrong = list(definition.steps)
    wrong[index] = replace(wrong[index], week=week)
    changed = replace(definition, steps=tuple(wrong))
    if not 1 <= week <= definition.weeks:
        assert field_of(changed) == f"steps[{index}].week"


def test_steps_are_in_the_order_of_weeks() -> None:
    late, early = a_step("late", week=3), a_step("early", week=2)
    assert field_of(a_definition(late, early)) == "steps[1].week"
    a_definition(early, late).check()


@pytest.mark.parametrize("weeks", [-1, 0, MAX_WEEKS + 1])
def test_a_program_lasts_a_week_to_a_year(weeks: int) -> None:
    assert field_of(a_definition(weeks=weeks)) == "weeks"


def test_a_program_has_one_to_five_hundred_steps() -> None:
    assert field_of(Definition("Empty", 12, ())) == "steps"
    assert field_of(a_definition(*(a_step(f"s{n}") for n in range(MAX_STEPS + 1)))) == "steps"
    a_definition(*(a_step(f"s{n}") for n in range(MAX_STEPS))).check()


@pytest.mark.parametrize("id", ["", "A", "a b", "ä", "a" * 41, "a\n"])
def test_an_id_that_is_none_is_named(id: str) -> None:
    assert field_of(a_definition(a_step(), a_step(id))) == "steps[1].id"


@pytest.mark.parametrize("text", ["", " ", " x", "x ", "a\nb", "a\x00b", "a\u2028b", "x" * 121])
def test_names_and_titles_are_one_line(text: str) -> None:
    assert field_of(a_definition(a_step(title=text))) == "steps[0].title"
    assert field_of(a_definition(display_name=text)) == "display_name"


def test_a_name_may_be_in_any_script_and_hold_joined_emoji() -> None:
    a_definition(a_step(title="Zusammen stärker 💪🏽 👩‍👩‍👧"), display_name="معًا أقوى").check()


def test_a_step_nobody_defined_is_not_found() -> None:
    with pytest.raises(StepNotFound):
        a_definition(*steps(3)).place_of("s3")
