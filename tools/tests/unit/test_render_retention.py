"""docs/retention.md is what is declared, and every topic says what it holds."""

from __future__ import annotations

from pathlib import Path

from kith_cli.local.topics import load

from tools import render_retention


def test_the_committed_page_is_fresh_and_another_is_stale(tmp_path: Path) -> None:
    assert render_retention.main(["--check"]) == 0
    page = tmp_path / "retention.md"
    assert render_retention.main(["--check"], page) == 1
    assert render_retention.main([], page) == 0
    assert render_retention.main(["--check"], page) == 0


def test_every_topic_says_what_it_holds() -> None:
    assert not [topic.name for topic in load() if not topic.holds]
