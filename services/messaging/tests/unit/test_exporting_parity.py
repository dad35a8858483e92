"""Whatever erasure takes away, and whatever else is kept, an export tells of or says why not."""

from __future__ import annotations

from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.exporting import WITHHELD, kinds
from messaging.adapters.mongo import INDEXES

from libs.export.tests.parity import untold
from services.messaging.tests.fakes import WaitingDatabase
from services.messaging.tests.keys import FakeKeys

KINDS = kinds(ConversationKeys(WaitingDatabase(), FakeKeys()))
# Receipts, sources of histories, and numbers of places: they name nobody.
NOT_OF_A_PERSON = {"erasures", "imports", "touches"}


def test_every_collection_that_erasure_names_is_told_of() -> None:
    assert untold({step.kind for step in STEPS}, KINDS, WITHHELD) == set()


def test_every_collection_there_is_is_told_of() -> None:
    assert untold(INDEXES.keys() - NOT_OF_A_PERSON, KINDS, WITHHELD) == set()


def test_every_kind_has_a_name_of_its_own_and_words() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.title and kind.about for kind in KINDS)
