"""A member's own side of her conversations, through the door, and when she leaves."""

from __future__ import annotations

from typing import Any

from common.clock import SystemClock
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as api
from messaging.adapters.erasing import STEPS
from messaging.domain.contact import WhoMayWrite

from services.messaging.tests.builders import ADA, BEN, HOUR, NETWORK, NOW
from services.messaging.tests.doors import PATIENCE, Client, Door, refusal, timestamp

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
