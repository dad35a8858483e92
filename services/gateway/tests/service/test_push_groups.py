"""Groups over a real stream from messaging: members who come in, go, and are many."""

from __future__ import annotations

from contextlib import AsyncExitStack
from uuid import UUID

from common import errors
from common.testing.poll import until
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import messaging_pb2

from services.gateway.tests.fakes import LIST_MESSAGES
from services.gateway.tests.pushing import CONVERSATION, World, received
from services.gateway.tests.tokens import ADA, BEN

OTHER = UUID(int=CONVERSATION.int + 1)
MEMBERS = [UUID(int=ADA.int + number) for number in range(1, 13)]


async def test_who_comes_into_a_group_is_told_from_the_notice_of_it_on(world: World) -> None:
    async with world.device(ADA, resume={}) as ada:
        came = world.messages.add(CONVERSATION, 12, "")
        came.notice.MergeFrom(
            messaging_pb2.Notice(kind=messaging_pb2.NOTICE_KIND_JOINED, member_ids=[str(ADA)])
        )
        world.instance.arrived(came, ADA)
        first = (await received(ada))["message"]
        assert (first["sequence"], first["notice"]) == (
            12, {"kind": "joined", "memberIds": [str(ADA)]},
        )  # fmt: skip
        world.happens(13)
        assert (await received(ada))["message"]["sequence"] == 13
        assert len(world.services.asked(LIST_MESSAGES)) == 1


async def test_who_has_gone_is_told_to_look_and_of_everything_else_as_ever(world: World) -> None:
    async with world.device(ADA, resume={}) as ada, world.device(ADA) as other:
        world.happens(1)
        for device in (ada, other):
            assert (await received(device))["message"]["sequence"] == 1
        world.messages.failures += [errors.NotFound("no such conversation")] * 2
        world.happens(2, told=False)
        world.happens(3)  # on its way when she was taken out
        for device in (ada, other):
            assert await received(device) == {
                "type": "conversation", "conversationId": str(CONVERSATION),
            }  # fmt: skip
        world.happens(1, conversation=OTHER)
        for device in (ada, other):
            assert (await received(device))["message"]["conversationId"] == str(OTHER)


async def test_what_a_new_subscription_does_not_name_any_more_is_to_be_looked_at(
    world: World,
) -> None:
    async with world.device(ADA) as ada:
        world.happens(1)
        assert (await received(ada))["message"]["sequence"] == 1
        del world.instance.ends[str(CONVERSATION)]
        world.instance.say(None)  # the line breaks, and what was said meanwhile is lost
        assert (await received(ada))["type"] == "conversation"


async def test_a_message_and_who_types_reach_the_devices_of_all_members(world: World) -> None:
    async with AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(world.device(id)) for id in MEMBERS]

        async def all_here() -> bool:
            return set(MEMBERS) <= world.instance.subscribed.keys()

        await until(all_here)
        message = world.messages.add(CONVERSATION, 1, "to all of you")
        world.instance.arrived(message, *MEMBERS)
        typing = api.Delivery(conversation_id=str(CONVERSATION), typing_member_id=str(BEN))
        world.instance.tell(typing, *MEMBERS)
        for device in devices:
            assert (await received(device))["message"]["text"] == "to all of you"
            assert (await received(device))["memberId"] == str(BEN)
        assert not world.services.asked(LIST_MESSAGES)
