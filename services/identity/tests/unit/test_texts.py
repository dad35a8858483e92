"""The texts as a library: what is published stays, and what is wrong does not start."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identity.adapters import texts
from identity.domain.errors import ConsentRequired
from identity.domain.owed import owed, shown
from identity.domain.role import Role
from identity.domain.text import Purpose, Texts

from services.identity.tests.builders import NOW, TEXTS, a_choice, a_member, a_text, with_text

GOLDEN = Path(__file__).parent.parent / "golden" / "consent_texts.json"
LATER = NOW + timedelta(days=1)
SERVICE, SIGNALS = Purpose.SERVICE, Purpose.SIGNALS


def test_a_published_text_never_changes(golden: Callable[[Path, bytes], None]) -> None:
    """A digest that differs from the golden file's is a text that was changed: publish a version.

    Members have receipts with the digest of what they were shown.
    """
    digests = {f"{text.purpose}.{text.version}": text.digest.hex() for text in TEXTS.all()}
    golden(GOLDEN, (json.dumps(digests, indent=1) + "\n").encode())


def test_every_purpose_has_a_text_and_service_alone_is_needed() -> None:
    assert {text.purpose for text in TEXTS.all()} == set(Purpose)
    assert {purpose: TEXTS.needed(purpose, NOW) for purpose in Purpose} == {
        purpose: int(purpose is SERVICE) for purpose in Purpose
    }


def test_a_version_takes_effect_at_its_time_and_not_before() -> None:
    coming = with_text(a_text(SIGNALS, 2, required=True, from_=LATER))
    before = LATER - timedelta(milliseconds=1)
    assert coming.current(SIGNALS, before).version == 1
    assert coming.needed(SIGNALS, before) == 0
    assert coming.next_needed(before) == LATER
    assert coming.current(SIGNALS, LATER).version == 2
    assert coming.needed(SIGNALS, LATER) == 2
    assert coming.next_needed(LATER) is None


def test_a_version_that_is_not_required_leaves_earlier_yeses_as_they_are() -> None:
    edited = with_text(a_text(SERVICE, 2, from_=LATER))
    account, _ = a_member()[0].decide(a_choice(True, SERVICE), NOW)
    assert owed(account, edited, LATER) == {}
    assert edited.next_needed(NOW) is None


@pytest.mark.parametrize(
    "more, wrong",
    [
        (a_text(SIGNALS, 3), "without gaps"),
        (a_text(SIGNALS, 1), "without gaps"),
        (a_text(SIGNALS, 2, from_=datetime(2020, 1, 1, tzinfo=UTC)), "take effect later"),
    ],
)
def test_a_library_that_makes_no_sense_is_refused(more: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        with_text(more)


def test_a_library_without_a_purpose_or_with_service_optional_is_refused() -> None:
    with pytest.raises(ValueError, match="research"):
        Texts(text for text in TEXTS.all() if text.purpose is not Purpose.RESEARCH)
    others = [text for text in TEXTS.all() if text.purpose is not SERVICE]
    with pytest.raises(ValueError, match="must be required"):
        Texts([*others, a_text(SERVICE, 1)])


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"}, {"purpose": "advertising"}, {"title": ""}, {"body": "x" * 20_001},
        {"required": 1}, {"effective_from": "tomorrow"}, {"more": True}, {"receipt": {}},
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_named(change: dict[str, Any], tmp_path: Path) -> None:
    for file in Path(str(texts.SHIPPED)).glob("*.json"):
        content = json.loads(file.read_text())
        if file.name == "signals.1.en.json":
            content |= change
        (tmp_path / file.name).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"signals\.1\.en\.json"):
        texts.read(tmp_path)


def test_a_file_says_in_its_name_what_it_is(tmp_path: Path) -> None:
    for file in Path(str(texts.SHIPPED)).glob("*.json"):
        (tmp_path / file.name.replace("signals.1", "signals.2")).write_text(file.read_text())
    with pytest.raises(ValueError, match="must be named"):
        texts.read(tmp_path)


RENEWED = with_text(
    *(a_text(purpose, 2, required=True, from_=LATER) for purpose in (SERVICE, SIGNALS))
)
answers = st.lists(st.tuples(st.sampled_from(Purpose), st.booleans()), max_size=12)


@given(answers, answers)
def test_service_is_owed_without_a_yes_and_others_only_after_a_yes_to_an_older_text(
    before: list[tuple[Purpose, bool]], after: list[tuple[Purpose, bool]]
) -> None:
    account, _ = a_member()
    for purpose, granted in before:
        account, _ = account.decide(a_choice(granted, purpose), NOW)
    for purpose, granted in after:
        text = RENEWED.current(purpose, LATER)
        account, _ = account.decide(a_choice(granted, text=text), LATER)
    old, new = dict(before), dict(after)
    expected = {
        purpose
        for purpose in Purpose
        if (purpose is SERVICE and not new.get(SERVICE))
        or (purpose is SIGNALS and old.get(SIGNALS) and SIGNALS not in new)
    }
    assert owed(account, RENEWED, LATER) == dict.fromkeys(expected, 2)


def test_the_operator_owes_nothing_and_whoever_lives_in_a_network_does() -> None:
    operator, _ = a_member(roles=[Role.PLATFORM_OPERATOR])
    assert owed(operator, TEXTS, NOW) == {}
    assert owed(a_member(roles=[Role.NETWORK_ADMIN])[0], TEXTS, NOW) == {SERVICE: 1}


@pytest.mark.parametrize("version, granted", [(1, True), (3, True), (3, False), (99, True)])
def test_a_text_that_will_not_do_names_the_one_to_show(version: int, granted: bool) -> None:
    known = with_text(a_text(SIGNALS, 2, required=True, from_=NOW), a_text(SIGNALS, 3, from_=LATER))
    with pytest.raises(ConsentRequired) as refused:
        shown(known, SIGNALS, version, granted, NOW)
    assert refused.value.metadata == {"purpose": "signals", "version": "2"}


def test_a_no_is_taken_to_an_older_text() -> None:
    known = with_text(a_text(SIGNALS, 2, required=True, from_=NOW))
    assert shown(known, SIGNALS, 1, False, NOW).version == 1
    assert shown(known, SIGNALS, 0, True, NOW).version == 2
