"""What a person sees of signals at a terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from kith_cli.reading import plot, table
from rich.console import Console

AS_OF = "2004-10-26T07:52:00.000Z"


def signal(
    member_id: str, *, status: str = "needs_check_in", score: float = 16.0
) -> dict[str, Any]:
    return {
        "memberId": member_id,
        "engagement": {"score": score},
        "risk": {
            "probability": 0.604, "probabilityLow": 0.031, "probabilityHigh": 0.998,
            "status": status,
            "reasons": [
                {"code": "messages_sent", "points": 10.2}, {"code": "reply_ratio", "points": -1.6},
            ],
        },
        "lastActivityTime": "2004-10-25T03:52:00.000Z",
    }  # fmt: skip


def shown(width: int, *signals: dict[str, Any]) -> str:
    text = StringIO()
    handles = {item["memberId"]: f"member-{item['memberId']}" for item in signals}
    made = table({"signals": signals, "asOfTime": AS_OF}, "imported", handles)
    Console(file=text, width=width).print(made)
    return text.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_handle_risk_and_interval_are_whole_at_any_width(width: int) -> None:
    """A handle that is cut off cannot be given to `kith signals show`."""
    text = shown(width, signal("1713"), signal("12345678"))
    for whole in ("member-1713", "member-12345678", "0.60", "0.03–1.00", "engagement"):
        assert whole in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


def test_reasons_age_and_what_to_do_are_in_words() -> None:
    text = shown(140, signal("1"), signal("2", status="unknown_recontact"))
    assert "messages sent +10, replies received -2" in text
    assert "28 h ago" in text
    assert "ask for a check-in" in text
    assert "unknown, get in touch" in text


@pytest.mark.parametrize("score, block", [(0, "▁"), (50, "▅"), (100, "█")])
def test_engagement_shows_as_a_number_and_a_block(score: float, block: str) -> None:
    assert f"{score:3.0f} {block}" in shown(100, signal("1", score=score))


def test_a_course_is_plotted_with_its_days_and_whole_scales() -> None:
    points = [
        {
            "day": f"2004-05-{day:02}T00:00:00.000Z", "probability": 0.5, "probabilityLow": 0.1,
            "probabilityHigh": 0.9, "engagement": 40.0,
        }
        for day in range(1, 29)
    ]  # fmt: skip
    text = plot("member-9", points)
    assert "member-9: loneliness risk, with its 80 % interval" in text
    for tick in ("0.00┤", "0.50┤", "1.00┤", "100┤", "2004-05-01"):
        assert tick in text
