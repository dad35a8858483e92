"""What docs/erasure.md says is erased or stays, docs/export.md says is told or withheld."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parents[4] / "docs"
_ROW = re.compile(r"\| (\w[\w ]*?) \| ([^|]+) \|")


def rows(name: str) -> Iterator[tuple[str, str]]:
    """Service and collection of each row; topics and what lies in them are no collections."""
    for line in (DOCS / name).read_text().splitlines():
        if (found := _ROW.match(line)) and "topic" not in found[2]:
            for collection in re.findall(r"`(\w+)`", found[2]):
                yield found[1], collection


def test_every_collection_of_the_one_is_in_the_other() -> None:
    erased, told = set(rows("erasure.md")), set(rows("export.md"))
    assert len(erased) > 25, "the walk no longer finds what there is"
    assert erased - told == {("signals", "erased")}, "of these nothing is said in docs/export.md"
    assert told - erased == set(), "of these nothing is said in docs/erasure.md"
