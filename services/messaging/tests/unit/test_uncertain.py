"""A write of which nobody knows whether it will last is no duplicate: the caller asks again."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest
from common.mongo import BulkWriteError, Collection, Document, is_away
from messaging.adapters.mongo import Networks

from services.messaging.tests.builders import NETWORK, a_conversation, a_row, imported_rows
from services.messaging.tests.fakes import WaitingDatabase
from services.messaging.tests.keys import FakeKeys, KnownKeys

LATE = [{"code": 64, "errmsg": "not in time"}]
ROWS = imported_rows([a_row(1)])
DUPLICATE = [{"index": 0, "code": 11000, "errmsg": "no"}]


class UncertainDatabase(WaitingDatabase):
    """A database whose majority does not answer in time."""

    def __init__(self, details: Document) -> None:
        super().__init__()
        self.one.error = BulkWriteError(details)
        self.one.go.release()

    def collection(self, name: str, network_id: UUID) -> Collection:
        return Collection(self.unscoped(name), network_id)


@pytest.mark.parametrize("write", ["conversations", "rows"])
@pytest.mark.parametrize("refused", [[], DUPLICATE])
async def test_a_write_that_may_not_last_is_neither_done_nor_refused(
    write: str, refused: list[Document]
) -> None:
    told: list[Document] = []
    database = UncertainDatabase({"writeErrors": refused, "writeConcernErrors": LATE})
    network = Networks(database, KnownKeys(database, FakeKeys()), told.extend).of(NETWORK)
    if write == "rows":
        attempt: Coroutine[Any, Any, object] = network.messages.add_imported(ROWS)
    else:
        attempt = network.conversations.add([a_conversation()])
    with pytest.raises(BulkWriteError) as failed:
        await attempt
    assert is_away(failed.value) != bool(refused)
    assert not told


@pytest.mark.parametrize(
    "details",
    [
        {"writeErrors": [], "writeConcernErrors": LATE},
        {"writeErrors": [{"index": 0, "code": 112, "errmsg": "no"}]},
        {"writeErrors": [*DUPLICATE, {"index": 1, "code": 112, "errmsg": "no"}]},
    ],
    ids=["not in time", "refused for another reason", "for both reasons"],
)
async def test_rows_that_may_be_stored_are_looked_for_at_once(details: Document) -> None:
    """Or their events would come half a minute later, behind those of newer rows."""
    unsure: list[str] = []
    database = UncertainDatabase(details)
    keys = KnownKeys(database, FakeKeys())
    networks = Networks(database, keys, lambda _: None, unsure=unsure.append)
    network = networks.of(NETWORK)
    with pytest.raises(BulkWriteError):
        await network.messages.add_imported(ROWS)
    assert unsure == ["messages"]
