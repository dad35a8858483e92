"""What `kith retention` prints: every rule, and whether all of them are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kith_cli.retaining.kept import Kept, expiry, span
from kith_cli.retaining.report import show
from rich.console import Console

OLDEST = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
GOOD = Kept("kith_x.notes", "notes", "1 d after made_at", 3, OLDEST)
BAD = Kept("topic.v1", "things", "30 d", problem="is not there")


def shown(*found: Kept) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        show(found, console)
    return capture.get()


def test_each_rule_is_shown_with_what_is_there() -> None:
    text = shown(GOOD)
    for part in ("kith_x.notes", "1 d after made_at", " 3 ", "2026-01-02 03:04", "Every rule"):
        assert part in text


def test_what_is_not_so_is_said_and_counted() -> None:
    text = shown(GOOD, BAD)
    assert "is not there" in text
    assert "1 of 2 rules are not kept." in text


@pytest.mark.parametrize(
    "time, said",
    [
        (timedelta(days=90), "90 d"),
        (timedelta(hours=36), "36 h"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(seconds=1.5), "1.5 s"),
    ],
)
def test_times_are_said_as_people_say_them(time: timedelta, said: str) -> None:
    assert span(time) == said
    assert expiry("made_at", time) == f"{said} after made_at"


def test_what_knows_its_own_end_ends_then() -> None:
    assert expiry("expires_at", timedelta(0)) == "at expires_at"
