"""Legal holds: what there is of a member has to stay for now."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import hold_service_pb2 as api
from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.erasures import REASONS, ReasonName
from gateway.entrypoints.http.fields import (
    Input,
    Output,
    PageSize200,
    PageToken,
    PathId,
    Time,
    time,
    timestamp,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.roles import Ahead
from gateway.entrypoints.http.shapes import UUID_PATTERN, Uuid

TAGS = ["leaving"]
PATH = "/v1/accounts/{member_id:str}/holds/{reference:str}"
Network = Annotated[
    str,
    QueryParameter(
        name="networkId",
        pattern=f"{UUID_PATTERN}|^$",
        description="Where, for a platform operator; empty: the caller's own.",
    ),
]


class PlaceHold(Input):
    """Why, until when, and whether a law forbids telling her (`sealed`)."""

    reason: ReasonName
    expire_time: Ahead
    sealed: bool = False
    network_id: Uuid | UnsetType = UNSET


class LegalHold(Output):
    """A hold on a member, in force until `expireTime`."""

    member_id: str
    reference: str
    reason: ReasonName
    expire_time: Time
    sealed: bool
    from_platform: bool
    placed_by: str
    place_time: Time


class HoldPage(Output):
    """Holds, ended ones too for a while; `nextPageToken` is empty on the last page."""

    holds: list[LegalHold]
    next_page_token: str


def hold_of(hold: api.Hold) -> LegalHold:
    return LegalHold(
        member_id=hold.member_id, reference=hold.reference, reason=REASONS.text(hold.reason),
        expire_time=time(hold.expire_time), sealed=hold.sealed, from_platform=hold.from_platform,
        placed_by=hold.placed_by, place_time=time(hold.place_time),
    )  # fmt: skip


@put(
    PATH, dto=Json[PlaceHold], status_code=204,
    summary="Place a legal hold on a member, or renew it (network admin, platform operator)",
    tags=TAGS,
)  # fmt: skip
async def place_hold(
    request: KithRequest, member_id: PathId, reference: PathId, data: JSONBody[PlaceHold]
) -> None:
    await request.ask(
        request.services.holds.PlaceHold,
        api.PlaceHoldRequest(
            network_id="" if data.network_id is UNSET else data.network_id,
            member_id=member_id,
            reference=reference,
            reason=REASONS.number(data.reason),
            sealed=data.sealed,
            expire_time=timestamp(data.expire_time, "expire_time"),
        ),
    )


@delete(PATH, summary="Lift a legal hold (network admin, platform operator)", tags=TAGS)
async def lift_hold(
    request: KithRequest, member_id: PathId, reference: PathId, network_id: Network = ""
) -> None:
    await request.ask(
        request.services.holds.LiftHold,
        api.LiftHoldRequest(network_id=network_id, member_id=member_id, reference=reference),
    )


@get("/v1/holds", summary="The legal holds in the network (network admin)", tags=TAGS)
async def list_holds(
    request: KithRequest, page_size: PageSize200 = 0, page_token: PageToken = ""
) -> HoldPage:
    reply = await request.ask(
        request.services.holds.ListHolds,
        api.ListHoldsRequest(page_size=page_size, page_token=page_token),
    )
    return HoldPage(
        holds=[hold_of(one) for one in reply.holds], next_page_token=reply.next_page_token
    )
