"""Groups over gRPC and the real database: one story, two instances, and a process that dies."""

from __future__ import annotations

import asyncio

import pytest
from common.kafka_consumer import Meta
from common.mongo import Database, Document
from kith.messaging.events.v1 import delivery_events_pb2 as events
from kith.messaging.events.v1 import messaging_events_pb2 as told_events
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo import Networks
from messaging.application.hub import Hub
from messaging.entrypoints.deliveries import TOPICS, handlers

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK
from services.messaging.tests.doors import Client, Door, Issuer, opened, refusal
from services.messaging.tests.keys import FakeKeys

RECEIVED = pb.CONVERSATION_STATE_RECEIVED


async def reasons(*attempts: object) -> list[str]:
    return [(await refusal(one)).reason for one in attempts]


async def test_a_few_who_were_asked_talk_and_nobody_else_finds_it(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    await door.join(CAT)
    group = await client.groups.create(ada, BEN, client_id="once")
    again = await client.groups.create(ada, BEN, client_id="once")
    assert again == group
    assert (group.title, list(group.member_ids)) == ("Evening round", [str(ADA)])
    assert (group.kind, group.first_sequence) == (pb.CONVERSATION_KIND_GROUP, 1)
    assert (list(group.host_ids), list(group.invited_ids)) == ([str(ADA)], [str(BEN)])
    assert not group.available
    await client.send(ada, group.id, text="before")

    [asked] = (await client.list_open(ben, state=RECEIVED)).conversations
    assert asked == await client.get(ben, group.id)
    assert (asked.title, asked.inviter_id, asked.state) == ("Evening round", str(ADA), RECEIVED)
    assert not asked.HasField("reading")
    assert (asked.last_sequence, list(asked.invited_ids)) == (0, [])
    found = await client.agreed(ben, group.id)
    assert (found.state, found.first_sequence, found.last_sequence) == (
        pb.CONVERSATION_STATE_OPEN, 3, 3,
    )  # fmt: skip
    sent = await client.send(ben, group.id, text="here I am", reply_to=0)
    [joined, mine], more = await client.page(ben, group.id, oldest_first=True)
    assert not more
    assert (joined.notice.kind, list(joined.notice.member_ids)) == (
        pb.NOTICE_KIND_JOINED, [str(BEN)],
    )  # fmt: skip
    assert mine == sent
    assert (joined.text, joined.client_message_id) == ("", "")
    messages, _ = await client.page(ada, group.id)
    assert [one.sequence for one in messages] == [4, 3, 2, 1]
    assert messages[3].notice.title == "Evening round"
    assert (await client.get(ada, group.id)).reading.unread_count == 1
    await client.groups.rename(ada, group.id, "Morning round")
    assert (await client.get(ben, group.id)).title == "Morning round"


async def test_what_is_refused_of_groups_has_its_reason(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    cat = await door.join(CAT)
    group = await client.groups.create(ada, BEN, client_id="once")
    await client.send(ada, group.id)
    await client.agreed(ben, group.id)
    [joined], _ = await client.page(ben, group.id)
    before = (await client.page(ada, group.id))[0][1]
    hug = pb.REACTION_KIND_HUG
    refused = [
        client.edit(ben, group.id, joined.id, "other"),
        client.react(ada, group.id, joined.id, hug), client.report(ada, group.id, joined.id),
        client.send(ada, group.id, reply_to=3), client.react(ben, group.id, before.id, hug),
        client.report(ben, group.id, before.id), client.delete(ben, group.id, joined.id),
    ]  # fmt: skip
    for one in refused:
        assert await reasons(one) == ["MESSAGE_NOT_FOUND"]
    assert await reasons(
        client.get(cat, group.id), client.send(cat, group.id), client.page(cat, group.id),
        client.groups.rename(cat, group.id, "Hers"), client.groups.rename(ben, group.id, "His"),
        client.groups.add_host(ada, group.id, CAT), client.groups.remove(ada, group.id, ADA),
        client.groups.create(ada, client_id="once", title="Other"),
        client.decline(ben, group.id), client.groups.room(ada, ADA),
    ) == [
        "CONVERSATION_NOT_FOUND", "CONVERSATION_NOT_FOUND", "CONVERSATION_NOT_FOUND",
        "CONVERSATION_NOT_FOUND", "NOT_A_HOST", "MEMBER_NOT_FOUND", "INVALID_ARGUMENT",
        "GROUP_ID_REUSED", "CONVERSATION_NOT_REQUESTED", "CIRCLE_NOT_FOUND",
    ]  # fmt: skip
    pair = await client.open(ada, BEN)
    assert pair.kind == pb.CONVERSATION_KIND_PAIR
    assert await reasons(client.groups.invite(ada, pair.id, CAT)) == ["NOT_A_GROUP"]

    hits = await client.search(ada, "round")
    assert list(hits.messages) == []  # a title is nothing that was said
    await client.leave(ada, group.id)
    assert list((await client.get(ben, group.id)).host_ids) == [str(BEN)]
    assert await reasons(client.get(ada, group.id)) == ["CONVERSATION_NOT_FOUND"]
    assert [one.id for one in (await client.list_open(ada)).conversations] == [pair.id]


async def test_through_two_instances_nobody_says_a_word_after_she_was_taken_out(
    networks: Networks, issuer: Issuer, database: Database, master_keys: FakeKeys, door: Door,
    ada: str, ben: str,
) -> None:  # fmt: skip
    keys = ConversationKeys(database, master_keys)
    other = Networks(database, keys, offer=lambda documents: None)
    async with opened(other, issuer) as elsewhere:
        group = await door.client.groups.create(ada, BEN)
        await elsewhere.client.agreed(ben, group.id)
        for _ in range(3):
            await elsewhere.client.send(ben, group.id)
            outcomes = await asyncio.gather(
                door.client.groups.remove(ada, group.id, BEN),
                *(elsewhere.client.send(ben, group.id) for _ in range(4)),
                return_exceptions=True,
            )  # fmt: skip
            assert not isinstance(outcomes[0], BaseException)
            assert await reasons(
                elsewhere.client.page(ben, group.id), elsewhere.client.send(ben, group.id)
            ) == ["CONVERSATION_NOT_FOUND"] * 2  # fmt: skip
            await door.client.groups.invite(ada, group.id, BEN)
            await elsewhere.client.agreed(ben, group.id)
        talk = await door.client.talk(ada, group.id)
        assert [one.sequence for one in talk] == list(range(1, len(talk) + 1))
        inside = False
        for one in talk:
            if one.notice.kind in (pb.NOTICE_KIND_JOINED, pb.NOTICE_KIND_REMOVED):
                inside = one.notice.kind == pb.NOTICE_KIND_JOINED
            elif one.sender_id == str(BEN):
                assert inside


@pytest.mark.parametrize("who", ["reads", "hears"])
async def test_whoever_reads_or_hears_next_puts_right_what_a_dying_process_left(
    door: Door, client: Client, database: Database, ada: str, ben: str, networks: Networks, who: str
) -> None:
    group = await client.groups.create(ada, BEN)
    conversations = database.unscoped("conversations")
    before: Document = await conversations.find_one({}) or {}
    await client.agreed(ben, group.id)
    await conversations.replace_one({"_id": before["_id"]}, before)  # as if the lists never heard
    networks.forget(NETWORK)
    assert (await client.list_open(ben)).conversations == []
    if who == "reads":
        assert len((await client.page(ben, group.id))[0]) == 1
    else:
        heard = await told_of_the_last(database)
        assert heard.kind == events.DELIVERY_KIND_CONVERSATION
        await handlers(networks, Hub())[events.DeliveryDue](heard, META)
    [found] = (await client.list_open(ben)).conversations
    assert list(found.member_ids) == [str(ADA), str(BEN)]


META = Meta(TOPICS[0], 0, 0, "", "", "", 1, None)


async def told_of_the_last(database: Database) -> events.DeliveryDue:
    """The last event of the last notice, as it comes through the broker."""
    [last] = await database.unscoped("messages").find().sort("sequence", -1).limit(1).to_list(None)
    return events.DeliveryDue.FromString(last["outbox"][-1]["payload"])


async def test_who_comes_and_goes_is_told_by_ids_alone(
    door: Door, client: Client, database: Database, ada: str, ben: str
) -> None:
    group = await client.groups.create(ada, BEN)
    await client.agreed(ben, group.id)
    await client.groups.remove(ada, group.id, BEN)
    stored = await database.unscoped("messages").find().sort("sequence").to_list(None)
    told = [
        [(entry["type"].rpartition(".")[2], entry["payload"]) for entry in one["outbox"]]
        for one in stored
    ]
    facts = [told_events.MembersChanged.FromString(one[0][1]) for one in told]
    assert [(one.sequence, one.change, list(one.member_ids)) for one in facts] == [
        (1, told_events.MEMBERS_CHANGE_OPENED, [str(ADA)]),
        (2, told_events.MEMBERS_CHANGE_JOINED, [str(ADA), str(BEN)]),
        (3, told_events.MEMBERS_CHANGE_REMOVED, [str(ADA)]),
    ]
    due = [events.DeliveryDue.FromString(payload) for _, payload in told[2][1:]]
    arrived = {id for one in due if one.kind == events.DELIVERY_KIND_ARRIVED
               for id in one.member_ids}  # fmt: skip
    changed = {id for one in due if one.kind == events.DELIVERY_KIND_CONVERSATION
               for id in one.member_ids}  # fmt: skip
    assert (arrived, changed) == ({str(ADA)}, {str(ADA), str(BEN)})
    assert b"Evening" not in b"".join(payload for one in told for _, payload in one)


async def test_what_is_told_around_a_report_begins_where_she_came(
    door: Door, client: Client, database: Database, ada: str, ben: str
) -> None:
    group = await client.groups.create(ada, BEN)
    await client.send(ada, group.id, text="before")
    await client.agreed(ben, group.id)
    sent = await client.send(ada, group.id, text="after")
    for message_id in (sent.id, ""):
        await client.report(ben, group.id, message_id)
    for report in await database.unscoped("reports").find().to_list(None):
        assert [one["sequence"] for one in report["context"]] == [4]
        assert report["reported_ids"] == [ADA]
