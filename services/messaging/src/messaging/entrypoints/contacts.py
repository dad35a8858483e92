"""The gRPC service of whom a member hears: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Mapping

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import contact_service_pb2 as api
from kith.messaging.v1 import contact_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application.blocking import block, unblock
from messaging.domain.contact import WhoMayWrite
from messaging.entrypoints.telling import page_size, timestamp

RULES: Mapping[api.WhoMayWrite.ValueType, WhoMayWrite] = {
    api.WHO_MAY_WRITE_CONNECTIONS: WhoMayWrite.CONNECTIONS,
    api.WHO_MAY_WRITE_CIRCLES: WhoMayWrite.CIRCLES,
    api.WHO_MAY_WRITE_NETWORK: WhoMayWrite.NETWORK,
    api.WHO_MAY_WRITE_NOBODY: WhoMayWrite.NOBODY,
}
_TOLD = {rule: number for number, rule in RULES.items()}


class ContactService(grpc_api.ContactServiceServicer):
    """See protos/kith/messaging/v1/contact_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def GetContactRule(
        self, request: api.GetContactRuleRequest, context: Context
    ) -> api.GetContactRuleResponse:
        caller = auth.current()
        rule = await self._networks.of(caller.network_id).sides.rules.get(caller.subject)
        return api.GetContactRuleResponse(who_may_write=_TOLD[rule])

    async def SetContactRule(
        self, request: api.SetContactRuleRequest, context: Context
    ) -> api.SetContactRuleResponse:
        caller = auth.current()
        rule = RULES.get(request.who_may_write)
        if rule is None:
            raise Invalid(
                "who_may_write must be CONNECTIONS, CIRCLES, NETWORK or NOBODY",
                field="who_may_write",
            )
        rules = self._networks.of(caller.network_id).sides.rules
        await rules.set(caller.subject, rule, self._clock.now())
        return api.SetContactRuleResponse(who_may_write=_TOLD[rule])

    async def BlockMember(
        self, request: api.BlockMemberRequest, context: Context
    ) -> api.BlockMemberResponse:
        caller = auth.current()
        await block(
            self._networks.of(caller.network_id), caller=caller.subject,
            blocked=parse_id(request.member_id, "member_id"), at=self._clock.now(),
        )  # fmt: skip
        return api.BlockMemberResponse()

    async def UnblockMember(
        self, request: api.UnblockMemberRequest, context: Context
    ) -> api.UnblockMemberResponse:
        caller = auth.current()
        await unblock(
            self._networks.of(caller.network_id), caller=caller.subject,
            blocked=parse_id(request.member_id, "member_id"), at=self._clock.now(),
        )  # fmt: skip
        return api.UnblockMemberResponse()

    async def ListBlocks(
        self, request: api.ListBlocksRequest, context: Context
    ) -> api.ListBlocksResponse:
        caller = auth.current()
        size = page_size(request.page_size, default=50, most=100)
        before = parse_id(request.page_token, "page_token") if request.page_token else None
        blocks = self._networks.of(caller.network_id).sides.blocks
        found = await blocks.page(caller.subject, before, size + 1)
        return api.ListBlocksResponse(
            blocks=[
                api.Block(member_id=str(one.blocked_id), create_time=timestamp(one.begun_at))
                for _, one in found[:size]
            ],
            next_page_token=str(found[size - 1][0]) if len(found) > size else "",
        )
