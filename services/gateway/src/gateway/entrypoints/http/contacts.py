"""Whom the caller hears: who may write to her without asking, and whom she blocks."""

from __future__ import annotations

from typing import Literal

from kith.messaging.v1 import contact_service_pb2 as api
from litestar import delete, get, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest

WhoName = Literal["connections", "circles", "network", "nobody"]
WHO: Names[WhoName] = Names(api.WhoMayWrite.DESCRIPTOR)


class SetContactRule(Input):
    """Who may write without asking: connections, also who shares a circle, everybody, nobody."""

    who_may_write: WhoName


class Block(Output):
    """A member the caller does not hear, and since when."""

    member_id: str
    create_time: Time


class BlockPage(Output):
    """Blocks that hold, latest first."""

    blocks: list[Block]
    next_page_token: str


class ContactRule(Output):
    """Who may write to the caller without asking; all others ask. `nobody`: who asks is shown to
    nobody."""

    who_may_write: WhoName


@get("/v1/contact-rule", summary="Who may write to the caller without asking", tags=TAGS)
async def get_contact_rule(request: KithRequest) -> ContactRule:
    reply = await request.ask(request.services.contacts.GetContactRule, api.GetContactRuleRequest())
    return ContactRule(who_may_write=WHO.text(reply.who_may_write))


@put(
    "/v1/contact-rule", dto=Json[SetContactRule], tags=TAGS,
    summary="Say who may write to the caller without asking",
)  # fmt: skip
async def set_contact_rule(request: KithRequest, data: JSONBody[SetContactRule]) -> ContactRule:
    reply = await request.ask(
        request.services.contacts.SetContactRule,
        api.SetContactRuleRequest(who_may_write=WHO.number(data.who_may_write)),
    )
    return ContactRule(who_may_write=WHO.text(reply.who_may_write))


@get("/v1/blocks", summary="Whom the caller blocks, latest first", tags=TAGS)
async def list_blocks(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> BlockPage:
    reply = await request.ask(
        request.services.contacts.ListBlocks,
        api.ListBlocksRequest(page_size=page_size, page_token=page_token),
    )
    return BlockPage(
        blocks=[
            Block(member_id=one.member_id, create_time=time(one.create_time))
            for one in reply.blocks
        ],
        next_page_token=reply.next_page_token,
    )


@put(
    "/v1/blocks/{member_id:str}", tags=TAGS, status_code=204,
    summary="Hear nothing of a member from now on; she is not told",
)  # fmt: skip
async def block_member(request: KithRequest, member_id: PathId) -> None:
    await request.ask(
        request.services.contacts.BlockMember, api.BlockMemberRequest(member_id=member_id)
    )


@delete("/v1/blocks/{member_id:str}", tags=TAGS, summary="Hear a member again")
async def unblock_member(request: KithRequest, member_id: PathId) -> None:
    await request.ask(
        request.services.contacts.UnblockMember, api.UnblockMemberRequest(member_id=member_id)
    )
