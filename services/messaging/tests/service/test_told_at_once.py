"""What members do on their own side of a conversation, as their devices hear of it at once."""

from __future__ import annotations

from typing import Any

from common.grpc_client import call
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as api
from kith.messaging.v1 import words_service_pb2 as words

from services.messaging.tests.asking import PATIENCE
from services.messaging.tests.builders import ADA, BEN
from services.messaging.tests.doors import Issuer
from services.messaging.tests.service.test_delivering import Gateway, gateway
from services.messaging.tests.service.test_running import opened_when_known
from services.messaging.tests.surroundings import Surroundings


async def test_who_asked_hears_of_a_yes_and_who_blocks_hears_nothing(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (app, client), gateway(app.grpc) as line:
        await surroundings.tell(ADA, BEN)
        talk = await opened_when_known(client, ada, BEN)
        await line.subscribe(1, ada)
        await line.subscribe(2, ben)
        await line.hear(lambda: len(line.ends) == 2)

        async def bens(method: Any, request: Any) -> None:
            await call(method, request, token=ben, seconds=PATIENCE)

        id, seats = talk.id, client.seats
        await bens(seats.DeclineConversation, api.DeclineConversationRequest(conversation_id=id))
        await bens(seats.MuteConversation, api.MuteConversationRequest(conversation_id=id))
        await line.hear(lambda: changed(line, 2) == 2)
        assert changed(line, 1) == 0
        await bens(seats.AcceptConversation, api.AcceptConversationRequest(conversation_id=id))
        await line.hear(lambda: (changed(line, 1), changed(line, 2)) == (1, 3))

        await bens(client.contacts.BlockMember, contacts.BlockMemberRequest(member_id=str(ADA)))
        await client.send(ada, talk.id, text="unheard")
        await bens(client.contacts.UnblockMember, contacts.UnblockMemberRequest(member_id=str(ADA)))
        await client.send(ada, talk.id, text="heard")
        await line.hear(lambda: any(2 in who for who, _, _ in line.arrived))
        assert [text for who, _, text in line.arrived if 2 in who] == ["heard"]
        assert [text for who, _, text in line.arrived if 1 in who] == ["unheard", "heard"]


async def test_who_blocks_is_told_of_no_reaction_of_whom_she_blocks(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (app, client), gateway(app.grpc) as line:
        await surroundings.tell(ADA, BEN)
        talk = await opened_when_known(client, ada, BEN)
        sent = await client.send(ben, talk.id, text="mine")
        await line.subscribe(2, ben)
        await line.hear(lambda: 2 in line.ends)
        block = contacts.BlockMemberRequest(member_id=str(ADA))
        await call(client.contacts.BlockMember, block, token=ben, seconds=PATIENCE)
        for token, kind in ((ada, pb.REACTION_KIND_HUG), (ben, pb.REACTION_KIND_HEART)):
            request = words.AddReactionRequest(
                conversation_id=talk.id, message_id=sent.id, kind=kind
            )
            await call(client.words.AddReaction, request, token=token, seconds=PATIENCE)
        await line.hear(lambda: bool(reactions(line)))
        assert reactions(line) == [[pb.REACTION_KIND_HEART]]


def reactions(line: Gateway) -> list[list[pb.ReactionKind.ValueType]]:
    """Those of each message that was told to be another now."""
    changes = [one.changed for one in line.deliveries if one.HasField("changed")]
    return [[reaction.kind for reaction in one.reactions] for one in changes]


def changed(line: Gateway, number: int) -> int:
    """How often a subscription was told that the conversation is another now."""
    return len(
        [one for one in line.deliveries if one.conversation_changed and number in one.subscriptions]
    )
