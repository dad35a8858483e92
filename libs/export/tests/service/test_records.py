"""Paging through kinds on a real database: all of hers, once, and nothing of anybody else's."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from common.mongo import Database, Document
from export.kinds import PAGE, Kind, Owned, Record, Whose
from export.records import Records

NETWORK, OTHER, ADA, BEN = (UUID(int=n) for n in range(1, 5))


def _shown(document: Document, _: Whose) -> Record:
    return {"text": document["text"]}


KINDS: tuple[Kind, ...] = (
    Owned("card", "cards", "Card", "One.", "_id", _shown),
    Owned("notes", "notes", "Notes", "Many.", "member_id", _shown),
    Owned("tags", "tags", "Tags", "None.", "member_id", _shown),
)


async def pages(database: Database, whose: Whose) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    token = ""
    while True:
        reply = await Records(database, KINDS).page(whose, token)
        texts = [json.loads(one)["text"] for one in reply.page.records]
        found.append((reply.page.kind, texts))
        if not (token := reply.next_page_token):
            return found


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 3 * PAGE])
async def test_every_record_of_hers_comes_once_in_order(database: Database, count: int) -> None:
    for network_id, member_id in ((NETWORK, ADA), (NETWORK, BEN), (OTHER, BEN)):
        await database.collection("cards", network_id).insert_one(
            {"_id": member_id if network_id == NETWORK else new_id(), "text": "card"}
        )
        await database.collection("notes", network_id).insert_many(
            [
                {"_id": new_id(), "member_id": member_id, "text": f"{member_id} {n}"}
                for n in range(count)
            ]
        )
    found = await pages(database, Whose(NETWORK, ADA))
    assert [text for kind, texts in found for text in texts if kind == "notes"] == [
        f"{ADA} {n}" for n in range(count)
    ]
    assert found[0] == ("card", ["card"])
    assert found[-1] == ("tags", []), "a kind without records is told of, too"
    assert all(len(texts) <= PAGE for _, texts in found)
    assert [texts for _, texts in await pages(database, Whose(OTHER, ADA)) if texts] == []


@pytest.mark.parametrize("token", ["x", "notes:x", "notes:' or 1", "nothing:", "cards:"])
async def test_a_made_up_token_is_refused(database: Database, token: str) -> None:
    with pytest.raises(Invalid):
        await Records(database, KINDS).page(Whose(NETWORK, ADA), token)
