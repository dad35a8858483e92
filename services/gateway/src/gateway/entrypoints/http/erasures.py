"""Leaving: a member's erasure, and what may stop it."""

from __future__ import annotations

from typing import Literal

from kith.identity.v1 import erasure_pb2 as pb
from kith.identity.v1 import erasure_service_pb2 as api
from litestar import delete, get, put
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Names, Output, PathId, Time, time, time_if_set
from gateway.entrypoints.http.request import KithRequest

StateName = Literal["requested", "held", "cancelled", "closed", "started", "finished"]
STATES: Names[StateName] = Names(pb.ErasureState.DESCRIPTOR)
ReasonName = Literal["legal_order", "safety_investigation", "dispute"]
REASONS: Names[ReasonName] = Names(pb.HoldReason.DESCRIPTOR)
AllowName = Literal["handed_over", "her_decision", "mistake"]
ALLOWS: Names[AllowName] = Names(pb.AllowReason.DESCRIPTOR)
TAGS = ["leaving"]


class Hold(Input):
    """Why it has to wait."""

    reason: ReasonName


class Allow(Input):
    """Why it goes on although a crisis case is open."""

    reason: AllowName


class Erasure(Output):
    """A member's way out. `dueTime` is when the grace period ends; a hold lasts until
    `holdExpireTime` at the latest, and the erasure begins when both are over. While a crisis case
    is open it waits for a person (`waitsForPerson`)."""

    erasure_id: str
    state: StateName
    request_time: Time
    receipt_services: list[str]
    due_time: Time | UnsetType = UNSET
    hold_reason: ReasonName | UnsetType = UNSET
    hold_expire_time: Time | UnsetType = UNSET
    finish_time: Time | UnsetType = UNSET
    waits_for_person: bool = False
    allow_reason: AllowName | UnsetType = UNSET


def erasure_of(erasure: pb.Erasure) -> Erasure:
    return Erasure(
        erasure_id=erasure.erasure_id, state=STATES.text(erasure.state),
        request_time=time(erasure.request_time),
        due_time=time_if_set(erasure, "due_time"),
        hold_reason=REASONS.text(erasure.hold_reason) if erasure.hold_reason else UNSET,
        receipt_services=list(erasure.receipt_services),
        hold_expire_time=time_if_set(erasure, "hold_expire_time"),
        finish_time=time_if_set(erasure, "finish_time"),
        waits_for_person=erasure.waits_for_person,
        allow_reason=ALLOWS.text(erasure.allow_reason) if erasure.allow_reason else UNSET,
    )  # fmt: skip


@put(
    "/v1/accounts/{member_id:str}/erasure",
    summary="Ask for the account and everything of it to be erased", tags=TAGS,
)  # fmt: skip
async def request_erasure(request: KithRequest, member_id: PathId) -> Erasure:
    reply = await request.ask(
        request.services.erasures.RequestErasure, api.RequestErasureRequest(member_id=member_id)
    )
    return erasure_of(reply.erasure)


@delete(
    "/v1/accounts/{member_id:str}/erasure", status_code=200,
    summary="Take an erasure back while it waits", tags=TAGS,
)  # fmt: skip
async def cancel_erasure(request: KithRequest, member_id: PathId) -> Erasure:
    reply = await request.ask(
        request.services.erasures.CancelErasure, api.CancelErasureRequest(member_id=member_id)
    )
    return erasure_of(reply.erasure)


@get("/v1/accounts/{member_id:str}/erasure", summary="How far an erasure has come", tags=TAGS)
async def get_erasure(request: KithRequest, member_id: PathId) -> Erasure:
    reply = await request.ask(
        request.services.erasures.GetErasure, api.GetErasureRequest(member_id=member_id)
    )
    return erasure_of(reply.erasure)


@put(
    "/v1/accounts/{member_id:str}/erasure/hold", dto=Json[Hold],
    summary="Stop an erasure that waits, for 30 days (network admin)", tags=TAGS,
)  # fmt: skip
async def hold_erasure(request: KithRequest, member_id: PathId, data: JSONBody[Hold]) -> Erasure:
    reply = await request.ask(
        request.services.erasures.HoldErasure,
        api.HoldErasureRequest(member_id=member_id, reason=REASONS.number(data.reason)),
    )
    return erasure_of(reply.erasure)


@delete(
    "/v1/accounts/{member_id:str}/erasure/hold", status_code=200,
    summary="End that stop of an erasure (network admin)", tags=TAGS,
)  # fmt: skip
async def release_erasure(request: KithRequest, member_id: PathId) -> Erasure:
    reply = await request.ask(
        request.services.erasures.ReleaseErasure, api.ReleaseErasureRequest(member_id=member_id)
    )
    return erasure_of(reply.erasure)


@put(
    "/v1/accounts/{member_id:str}/erasure/allowance", dto=Json[Allow],
    summary="Let an erasure go on beside a crisis case (care team, network admin)", tags=TAGS,
)  # fmt: skip
async def allow_erasure(request: KithRequest, member_id: PathId, data: JSONBody[Allow]) -> Erasure:
    reply = await request.ask(
        request.services.erasures.AllowErasure,
        api.AllowErasureRequest(member_id=member_id, reason=ALLOWS.number(data.reason)),
    )
    return erasure_of(reply.erasure)
