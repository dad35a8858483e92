"""Whatever erasure takes away, and whatever else is kept, an export tells of or says why not."""

from __future__ import annotations

from uuid import UUID

from community.adapters.erasing import steps
from community.adapters.exporting import KINDS, WITHHELD
from community.adapters.mongo import INDEXES

from libs.export.tests.parity import untold

NOT_OF_A_PERSON = {"erasures"}  # receipts, which name nobody


async def nowhere(topic: str, key: UUID) -> None:
    """No compacted topic is at hand."""


def test_every_collection_that_erasure_names_is_told_of() -> None:
    assert untold({step.kind for step in steps(nowhere)}, KINDS, WITHHELD) == set()


def test_every_collection_there_is_is_told_of() -> None:
    assert untold(INDEXES.keys() - NOT_OF_A_PERSON, KINDS, WITHHELD) == set()


def test_every_kind_has_a_name_of_its_own_and_words() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.title and kind.about for kind in KINDS)
