"""Talking through the door: opening, sending, pages, and every refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Kind
from common.ids import new_id
from kith.messaging.v1 import messaging_pb2 as pb

from services.messaging.tests.builders import ADA, BEN, CAT, HOUR, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, Issuer, a_row, refusal, timestamp


async def test_both_open_the_same_conversation_and_see_each_other(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    opened = await client.open(ada, BEN)
    assert opened.create_time == timestamp(door.clock.now())
    door.clock.advance(HOUR)
    again = await client.open(ben, ADA)
    assert (again.id, again.create_time) == (opened.id, opened.create_time)
    assert set(opened.member_ids) == {str(ADA), str(BEN)}
    assert opened.last_sequence == 0
    await client.send(ada, opened.id)
    for token in (ada, ben):
        assert (await client.get(token, opened.id)).last_sequence == 1
    assert (await client.open(ben, ADA)).last_sequence == 1


async def test_a_message_comes_back_as_it_was_sent(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    door.clock.advance(timedelta(milliseconds=7))
    sent = await client.send(ada, talk.id, "c1", "Grüße 🫂")
    assert (sent.conversation_id, sent.sequence, sent.sender_id) == (talk.id, 1, str(ADA))
    assert (sent.client_message_id, sent.text, sent.imported) == ("c1", "Grüße 🫂", False)
    assert sent.create_time == timestamp(door.clock.now())
    door.clock.advance(HOUR)
    assert await client.send(ada, talk.id, "c1", "Grüße 🫂") == sent
    assert await client.talk(ben, talk.id) == [sent]


async def test_a_client_message_id_stands_for_one_message_of_one_sender(
    client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id, "c1", "Yes")
    refused = await refusal(client.send(ada, talk.id, "c1", "No"))
    assert (refused.kind, refused.reason) == (Kind.CONFLICT, "MESSAGE_ID_REUSED")
    assert refused.metadata == {"field": "client_message_id"}
    assert (await client.send(ben, talk.id, "c1", "No")).sequence == 2


@pytest.mark.parametrize(
    "client_id, text, field",
    [
        ("c", "", "text"), ("c", " \n", "text"), ("c", "x" * 4_001, "text"),
        ("c", "a\x00", "text"), ("c" * 65, "x", "client_message_id"),
        ("c\x00", "x", "client_message_id"),
    ],
)  # fmt: skip
async def test_a_message_beyond_its_limits_is_refused(
    client: Client, ada: str, ben: str, client_id: str, text: str, field: str
) -> None:
    talk = await client.open(ada, BEN)
    refused = await refusal(client.send(ada, talk.id, client_id, text))
    assert (refused.reason, refused.metadata) == ("INVALID_ARGUMENT", {"field": field})
    assert await client.talk(ada, talk.id) == []


async def test_what_is_no_id_is_refused_by_name(client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    for wrong in ("", "x", talk.id.upper(), talk.id.replace("-", "")):
        for attempt in (
            client.send(ada, wrong), client.get(ada, wrong), client.page(ada, wrong),
        ):  # fmt: skip
            refused = await refusal(attempt)
            assert refused.reason == "INVALID_ARGUMENT"
            assert refused.metadata == {"field": "conversation_id"}
    assert (await refusal(client.list_open(ada, "x"))).metadata == {"field": "page_token"}


async def test_nobody_opens_a_conversation_with_herself_or_a_stranger(
    client: Client, ada: str
) -> None:
    assert (await refusal(client.open(ada, ADA))).reason == "INVALID_ARGUMENT"
    refused = await refusal(client.open(ada, new_id()))
    assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "MEMBER_NOT_FOUND")
    assert not (await client.list_open(ada)).conversations


async def test_conversations_are_listed_latest_opened_first_each_once(
    door: Door, client: Client, ada: str
) -> None:
    opened = []
    for _ in range(5):
        peer = new_id()
        await door.join(peer)
        opened.append(await client.open(ada, peer))
    opened[2].last_sequence = (await client.send(ada, opened[2].id)).sequence
    found: list[pb.Conversation] = []
    token = ""
    for size in (2, 2, 2):
        page = await client.list_open(ada, token, size)
        found += page.conversations
        token = page.next_page_token
    assert found == opened[::-1]
    assert not token
    assert (await client.list_open(ada, size=5)).next_page_token == ""


async def test_pages_of_messages_go_both_ways(client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    for _ in range(7):
        await client.send(ada, talk.id)

    async def numbers(**asked: int) -> tuple[list[int], bool]:
        messages, more = await client.page(ben, talk.id, **asked)
        return [one.sequence for one in messages], more

    assert await numbers() == ([7, 6, 5, 4, 3, 2, 1], False)
    assert await numbers(page_size=3) == ([7, 6, 5], True)
    assert await numbers(page_size=3, before_sequence=5) == ([4, 3, 2], True)
    assert await numbers(page_size=3, before_sequence=4) == ([3, 2, 1], False)
    assert await numbers(page_size=3, before_sequence=1) == ([], False)
    assert await numbers(page_size=3, before_sequence=900) == ([7, 6, 5], True)
    assert await numbers(page_size=3, oldest_first=1) == ([1, 2, 3], True)
    assert await numbers(page_size=3, after_sequence=4) == ([5, 6, 7], False)
    assert await numbers(page_size=3, after_sequence=3) == ([4, 5, 6], True)
    assert await numbers(page_size=3, after_sequence=7) == ([], False)
    assert await numbers(page_size=3, after_sequence=2**63 - 1) == ([], False)
    assert await numbers(page_size=3, before_sequence=2**63 - 1) == ([7, 6, 5], True)


async def test_pages_that_cannot_be_are_refused(client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    for asked in (
        {"page_size": 201}, {"page_size": -1}, {"after_sequence": -1}, {"before_sequence": -1},
        {"after_sequence": 1, "before_sequence": 3}, {"before_sequence": 3, "oldest_first": True},
    ):  # fmt: skip
        refused = await refusal(client.page(ada, talk.id, **asked))
        assert refused.reason == "INVALID_ARGUMENT"
    for size in (-1, 101):
        assert (await refusal(client.list_open(ada, size=size))).reason == "INVALID_ARGUMENT"


async def test_without_a_good_token_nothing_is_done(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    expired = door.issuer.token(ADA, expires=1)
    foreign = Issuer().token(ADA)
    for token in ("", "garbage", expired, foreign):
        for attempt in (
            client.open(token, BEN), client.get(token, talk.id), client.list_open(token),
            client.send(token, talk.id), client.page(token, talk.id),
            client.bring_in(token, [a_row(1)]),
        ):  # fmt: skip
            assert (await refusal(attempt)).kind is Kind.UNAUTHENTICATED
    assert await client.talk(ada, talk.id) == []


async def test_who_does_not_take_part_is_told_what_somebody_with_a_wrong_id_is_told(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id)
    nowhere = str(new_id())
    strangers = [
        await door.join(CAT), door.admin(), await door.join(ADA, OTHER_NETWORK),
        door.admin(OTHER_NETWORK),
    ]  # fmt: skip
    for token in strangers:
        answers = set()
        for id in (talk.id, nowhere):
            for attempt in (client.get(token, id), client.page(token, id), client.send(token, id)):
                refused = await refusal(attempt)
                answers.add((refused.reason, refused.message, str(refused.metadata)))
        ((reason, *_),) = answers
        assert reason == "CONVERSATION_NOT_FOUND"
        assert not (await client.list_open(token)).conversations
    assert len(await client.talk(ben, talk.id)) == 1


async def test_a_member_of_another_network_is_nobody(door: Door, client: Client, ada: str) -> None:
    eve = new_id()
    await door.join(eve, OTHER_NETWORK)
    for member_id in (eve, new_id()):
        assert (await refusal(client.open(ada, member_id))).reason == "MEMBER_NOT_FOUND"
    rows = [a_row(1, ADA, eve)]
    assert (await refusal(client.bring_in(door.admin(), rows))).reason == "MEMBER_NOT_FOUND"
