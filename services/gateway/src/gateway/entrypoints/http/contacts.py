"""Whom the caller hears: who may write to her without asking."""

from __future__ import annotations

from typing import Literal

from kith.messaging.v1 import contact_service_pb2 as api
from litestar import get, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conversations import TAGS
from gateway.entrypoints.http.fields import Input, Names, Output
from gateway.entrypoints.http.request import KithRequest

WhoName = Literal["connections", "circles", "network", "nobody"]
WHO: Names[WhoName] = Names(api.WhoMayWrite.DESCRIPTOR)


class SetContactRule(Input):
    """Who may write without asking: connections, also who shares a circle, everybody, nobody."""

    who_may_write: WhoName


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
