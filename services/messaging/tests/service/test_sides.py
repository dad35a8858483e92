"""A member's own side of her conversations, through the door, and when she leaves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from export.kinds import Whose
from export.records import Records
from kith.messaging.v1 import availability_service_pb2 as availability
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as api
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.exporting import kinds
from messaging.domain.contact import WhoMayWrite

from services.messaging.tests.asking import PATIENCE
from services.messaging.tests.builders import ADA, BEN, HOUR, NETWORK, NOW, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, refusal, timestamp

OPEN, REQUESTED, RECEIVED, DECLINED = (
    pb.CONVERSATION_STATE_OPEN, pb.CONVERSATION_STATE_REQUESTED, pb.CONVERSATION_STATE_RECEIVED,
    pb.CONVERSATION_STATE_DECLINED,
)  # fmt: skip


async def ask(method: Any, request: Any, token: str) -> Any:
    return await call(method, request, token=token, seconds=PATIENCE)


async def set_rule(client: Client, token: str, rule: Any) -> None:
    request = contacts.SetContactRuleRequest(who_may_write=rule)
    reply = await ask(client.contacts.SetContactRule, request, token)
    assert reply.who_may_write == rule
    read = await ask(client.contacts.GetContactRule, contacts.GetContactRuleRequest(), token)
    assert read.who_may_write == rule


async def test_asking_answering_and_what_is_shown_to_whom(door: Door, client: Client) -> None:
    ada, ben = [await door.join(id, rule=WhoMayWrite.CIRCLES) for id in (ADA, BEN)]
    talk = await client.open(ada, BEN)
    assert talk.state == REQUESTED
    for _ in range(3):
        await client.send(ada, talk.id)
    refused = await refusal(client.send(ada, talk.id))
    assert (refused.reason, refused.kind) == ("ANSWER_AWAITED", Kind.PRECONDITION)
    assert not (await client.list_open(ben)).conversations
    (asked,) = (await client.list_open(ben, state=RECEIVED)).conversations
    assert (asked.id, asked.state, asked.last_sequence) == (talk.id, RECEIVED, 3)
    named = {"conversation_id": talk.id}
    await ask(client.seats.DeclineConversation, api.DeclineConversationRequest(**named), ben)
    assert not (await client.list_open(ben, state=RECEIVED)).conversations
    assert (await client.get(ben, talk.id)).state == DECLINED
    assert (await client.get(ada, talk.id)).state == REQUESTED
    await ask(client.seats.AcceptConversation, api.AcceptConversationRequest(**named), ben)
    assert (await client.get(ada, talk.id)).state == OPEN
    await client.send(ada, talk.id)
    refused = await refusal(
        ask(client.seats.DeclineConversation, api.DeclineConversationRequest(**named), ben)
    )
    assert refused.reason == "CONVERSATION_NOT_REQUESTED"


async def test_muting_and_leaving_are_seen_by_who_does_it_alone(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id)
    request = api.MuteConversationRequest(conversation_id=talk.id, until_time=timestamp(NOW + HOUR))
    muted = (await ask(client.seats.MuteConversation, request, ben)).conversation
    assert (muted.muted, muted.muted_until_time) == (True, timestamp(NOW + HOUR))
    (hers,) = (await client.list_open(ada)).conversations
    assert (hers.muted, hers.HasField("muted_until_time")) == (False, False)
    door.clock.advance(HOUR)
    assert not (await client.get(ben, talk.id)).muted
    refused = await refusal(ask(client.seats.MuteConversation, request, ben))
    assert refused.metadata["field"] == "until_time"
    for_ever = api.MuteConversationRequest(conversation_id=talk.id)
    muted = (await ask(client.seats.MuteConversation, for_ever, ben)).conversation
    assert (muted.muted, muted.HasField("muted_until_time")) == (True, False)
    ended = api.UnmuteConversationRequest(conversation_id=talk.id)
    assert not (await ask(client.seats.UnmuteConversation, ended, ben)).conversation.muted

    await ask(
        client.seats.LeaveConversation, api.LeaveConversationRequest(conversation_id=talk.id), ben
    )
    assert not (await client.list_open(ben)).conversations
    assert (await client.list_open(ada)).conversations
    await client.send(ada, talk.id)
    assert (await client.list_open(ben)).conversations


async def test_whose_conversation_it_is_not_is_told_there_is_none(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk, other = await client.open(ada, BEN), await door.join()
    for id, token in ((talk.id, other), (str(new_id()), ada)):
        for method, request in (
            ("AcceptConversation", api.AcceptConversationRequest(conversation_id=id)),
            ("DeclineConversation", api.DeclineConversationRequest(conversation_id=id)),
            ("MuteConversation", api.MuteConversationRequest(conversation_id=id)),
            ("UnmuteConversation", api.UnmuteConversationRequest(conversation_id=id)),
            ("LeaveConversation", api.LeaveConversationRequest(conversation_id=id)),
        ):
            refused = await refusal(ask(getattr(client.seats, method), request, token))
            assert refused.reason == "CONVERSATION_NOT_FOUND"


async def test_a_rule_is_hers_and_one_that_is_none_is_refused(
    client: Client, ada: str, ben: str
) -> None:
    for rule in (contacts.WHO_MAY_WRITE_NOBODY, contacts.WHO_MAY_WRITE_CONNECTIONS):
        await set_rule(client, ben, rule)
    read = await ask(client.contacts.GetContactRule, contacts.GetContactRuleRequest(), ada)
    assert read.who_may_write == contacts.WHO_MAY_WRITE_NETWORK
    for bad in (0, 17):
        request = contacts.SetContactRuleRequest(who_may_write=bad)  # type: ignore[arg-type]  # on purpose
        refused = await refusal(ask(client.contacts.SetContactRule, request, ben))
        assert refused.metadata["field"] == "who_may_write"
    refused = await refusal(client.list_open(ada, state=DECLINED))
    assert refused.metadata["field"] == "state"


async def test_who_is_erased_without_an_answer_has_not_agreed_by_it(
    door: Door, client: Client, database: Database
) -> None:
    ada, ben = [await door.join(id, rule=WhoMayWrite.CIRCLES) for id in (ADA, BEN)]
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id)
    request = api.MuteConversationRequest(conversation_id=talk.id)
    await ask(client.seats.MuteConversation, request, ben)
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, BEN, new_id())
    door.networks.forget(NETWORK)
    assert (await client.get(ada, talk.id)).state == REQUESTED
    for name in ("seats", "contact_rules"):
        for document in await database.unscoped(name).find().to_list(None):
            assert BEN not in document.values()


async def test_a_blocked_member_is_not_heard_and_not_told(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ben, talk.id, text="before")
    door.clock.advance(HOUR)
    for _ in range(2):
        named = contacts.BlockMemberRequest(member_id=str(BEN))
        await ask(client.contacts.BlockMember, named, ada)
    (blocked,) = (await ask(client.contacts.ListBlocks, contacts.ListBlocksRequest(), ada)).blocks
    assert blocked == contacts.Block(member_id=str(BEN), create_time=timestamp(NOW + HOUR))
    assert not (await ask(client.contacts.ListBlocks, contacts.ListBlocksRequest(), ben)).blocks
    sent = await client.send(ben, talk.id, text="while blocked")
    assert (sent.text, sent.withheld) == ("while blocked", False)
    assert not (await client.list_open(ada)).conversations
    assert (await client.list_open(ben)).conversations[0].state == OPEN
    door.clock.advance(HOUR)
    await ask(client.contacts.UnblockMember, contacts.UnblockMemberRequest(member_id=str(BEN)), ada)
    await client.send(ben, talk.id, text="after")
    first, second, third = await client.talk(ada, talk.id)
    assert (first.text, third.text) == ("before", "after")
    assert second == pb.Message(conversation_id=talk.id, sequence=2, withheld=True)
    assert [one.text for one in await client.talk(ben, talk.id)] == [
        "before", "while blocked", "after",
    ]  # fmt: skip
    assert (await client.list_open(ada)).conversations[0].last_sequence == 3


async def test_who_cannot_be_blocked_and_who_can_be_let_go_of(
    door: Door, client: Client, ada: str
) -> None:
    stranger, elsewhere = str(new_id()), new_id()
    await door.join(elsewhere, OTHER_NETWORK)
    for member_id, reason in (
        (str(ADA), "INVALID_ARGUMENT"), (stranger, "MEMBER_NOT_FOUND"),
        (str(elsewhere), "MEMBER_NOT_FOUND"), ("x", "INVALID_ARGUMENT"),
    ):  # fmt: skip
        request = contacts.BlockMemberRequest(member_id=member_id)
        refused = await refusal(ask(client.contacts.BlockMember, request, ada))
        assert refused.reason == reason
    let_go = contacts.UnblockMemberRequest(member_id=stranger)
    await ask(client.contacts.UnblockMember, let_go, ada)


async def test_what_was_withheld_is_not_in_her_export_and_goes_with_who_leaves(
    door: Door, client: Client, ada: str, ben: str, database: Database, keys: ConversationKeys
) -> None:
    talk = await client.open(ada, BEN)
    await ask(client.contacts.BlockMember, contacts.BlockMemberRequest(member_id=str(BEN)), ada)
    await client.send(ben, talk.id, text="while blocked")
    records = Records(database, kinds(keys))

    async def told(member_id: UUID) -> str:
        found, token = "", ""
        while True:
            reply = await records.page(Whose(NETWORK, member_id), token)
            found += "".join(reply.page.records)
            if not (token := reply.next_page_token):
                return found

    assert "while blocked" not in (hers := await told(ADA))
    assert "withheld" in hers
    assert f'"memberId":"{BEN}"' in hers.replace(" ", "")
    assert "while blocked" in (his := await told(BEN))
    assert "withheld" not in his
    assert f'"memberId":"{ADA}"' not in his.replace(" ", "")
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, BEN, new_id())
    assert await database.unscoped("blocks").count_documents({}) == 0


async def test_not_today_is_told_to_who_talks_with_her_and_ends_by_itself(
    door: Door, client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    assert (talk.available, talk.HasField("available_from_time")) == (True, False)
    every_day = [
        availability.OfficeHours(weekday=day, start_minute=0, end_minute=1440)
        for day in availability.Weekday.values()[1:]
    ]
    said = availability.Availability(
        time_zone="Asia/Kathmandu", not_until_time=timestamp(NOW + HOUR), hours=every_day
    )
    request = availability.SetAvailabilityRequest(availability=said)
    assert (await ask(client.availability.SetAvailability, request, ben)).availability == said
    seen = await client.get(ada, talk.id)
    assert (seen.available, seen.available_from_time) == (False, timestamp(NOW + HOUR))
    assert list((await client.list_open(ada)).conversations) == [seen]
    await client.send(ada, talk.id)
    door.clock.advance(HOUR)
    assert (await client.get(ada, talk.id)).available
    reply = await ask(
        client.availability.GetAvailability, availability.GetAvailabilityRequest(), ben
    )
    assert not reply.availability.HasField("not_until_time")
    assert list(reply.availability.hours) == every_day


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("time_zone", {"time_zone": "Nowhere"}),
        ("weekday", {"hours": [availability.OfficeHours(end_minute=15)]}),
        (
            "start_minute",
            {"hours": [availability.OfficeHours(weekday=availability.WEEKDAY_FRIDAY)]},
        ),
        ("not_until_time", {"not_until_time": timestamp(NOW + 9_999 * HOUR)}),
    ],
)
async def test_what_cannot_be_said_of_when_she_answers_is_named(
    client: Client, ben: str, field: str, wrong: dict[str, Any]
) -> None:
    said = availability.Availability(**{"time_zone": "UTC", **wrong})
    bad = availability.SetAvailabilityRequest(availability=said)
    refused = await refusal(ask(client.availability.SetAvailability, bad, ben))
    assert refused.metadata["field"] == field
