"""The gRPC service of whom a member hears: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Mapping

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from kith.messaging.v1 import contact_service_pb2 as api
from kith.messaging.v1 import contact_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.domain.contact import WhoMayWrite

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
