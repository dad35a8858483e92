"""The topics file means what it says, and only what is missing is created."""

from __future__ import annotations

from pathlib import Path

import pytest
from kith_cli.errors import Stop
from kith_cli.local.topics import FOREVER, Topic, load, milliseconds, missing

TEXT = """
defaults: {partitions: 12, retention: 30d, cleanup: delete}
topics:
  - name: a.thing.v1
  - {name: b.thing.v1, partitions: 3, cleanup: compact, retention: forever}
dead_letters: {partitions: 1, retention: 14d, groups: [b.reader.v1]}
"""
DAY = 86_400_000


def written(folder: Path, text: str) -> Path:
    path = folder / "topics.yaml"
    path.write_text(text)
    return path


def test_what_a_topic_does_not_say_comes_from_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, TEXT), prefix="p.") == (
        Topic("p.a.thing.v1", 12, 30 * DAY, "delete"),
        Topic("p.b.thing.v1", 3, FOREVER, "compact"),
        Topic("p.b.reader.v1.dlq", 1, 14 * DAY, "delete"),
    )


def test_a_topic_declared_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="twice"):
        load(written(tmp_path, TEXT.replace("b.thing", "a.thing")))


def test_the_committed_file_declares_the_planned_topics() -> None:
    names = {topic.name for topic in load()}
    assert {"activity.member.v1", "signals.member.v1", "messaging.message.v1"} <= names


def test_only_the_missing_are_created() -> None:
    here, new = Topic("here", 1, 1, "delete"), Topic("new", 1, 1, "delete")
    assert missing((here, new), ["here", "other"]) == (new,)


@pytest.mark.parametrize("retention", ["30", "d", "30w", "", "1.5d", "-1d"])
def test_a_retention_nobody_understands_is_refused(retention: str) -> None:
    with pytest.raises(Stop, match="retention"):
        milliseconds(retention)
