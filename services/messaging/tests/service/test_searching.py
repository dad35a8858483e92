"""Search through the door: one's own conversations, by what is said in them now."""

from __future__ import annotations

import pytest
from common.errors import Kind
from kith.messaging.v1 import messaging_pb2 as pb

from services.messaging.tests.builders import ADA, BEN, CAT, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, refusal


async def test_each_finds_what_is_said_to_her_and_by_her_and_nobody_else_does(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    cat = await door.join(CAT)
    ours, theirs = await client.open(ada, BEN), await client.open(ben, CAT)
    told = [
        await client.send(token, talk, text=text)
        for token, talk, text in (
            (ada, ours.id, "Schöne Grüße"), (ben, ours.id, "grusse zurück"),
            (ben, theirs.id, "GRÜSSE an dich"),
        )
    ]  # fmt: skip
    assert list((await client.search(ada, "GRUSSE")).messages) == [told[1], told[0]]
    assert list((await client.search(ben, "grüsse")).messages) == [told[2], told[1], told[0]]
    assert list((await client.search(cat, "grüße")).messages) == [told[2]]
    stranger = await door.join(ADA, OTHER_NETWORK)
    assert list((await client.search(stranger, "grüße")).messages) == []
    changed = await client.edit(ada, ours.id, told[0].id, "Guten Morgen")
    await client.delete(ben, ours.id, told[1].id)
    assert list((await client.search(ada, "grüsse")).messages) == []
    assert list((await client.search(ben, "morgen gut")).messages) == [changed]


async def test_a_page_says_where_to_go_on(client: Client, door: Door, ada: str) -> None:
    await door.join(BEN)
    talk = await client.open(ada, BEN)
    sent = [await client.send(ada, talk.id, text=f"tea {n}") for n in range(5)]
    found: list[pb.Message] = []
    token = ""
    while True:
        page = await client.search(ada, "tea", token, size=2)
        found += page.messages
        if not (token := page.next_page_token):
            break
    assert found == sent[::-1]


@pytest.mark.parametrize(
    "query, token, size, field",
    [
        ("", "", 0, "query"), ("x" * 101, "", 0, "query"), ("x", "x", 0, "page_token"),
        ("x", "01900000000070008000000000000001/1", 0, "page_token"),
        ("x", f"{ADA}/-1", 0, "page_token"),
        ("x", "00000000-0000-0000-0000-000000000000/1", 0, "page_token"),
        ("x", "", 51, "page_size"),
    ],
    ids=["empty", "long", "garbage", "form", "negative", "nil", "size"],
)  # fmt: skip
async def test_what_cannot_be_looked_for(
    client: Client, ada: str, query: str, token: str, size: int, field: str
) -> None:
    refused = await refusal(client.search(ada, query, token, size))
    assert (refused.kind, refused.metadata) == (Kind.INVALID, {"field": field})
