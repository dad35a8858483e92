"""What a member agreed to."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    INT32_MAX,
    Input,
    Names,
    Output,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.request import KithRequest

PurposeName = Literal[
    "signals", "service", "sponsor_aggregates", "research", "mentor_messages", "notifications"
]
TextVersion = Annotated[int, Meta(ge=0, le=INT32_MAX)]
PURPOSES: Names[PurposeName] = Names(pb.Purpose.DESCRIPTOR)
TAGS = ["consents"]


class SetConsent(Input):
    """A decision: agree, or withdraw. `textVersion` is of the text she was shown; 0: current."""

    granted: bool
    text_version: TextVersion = 0
    request_id: RequestId = field(default_factory=fresh_id)


class Consent(Output):
    """A member's decision on one purpose."""

    purpose: PurposeName
    granted: bool
    text_version: int
    decide_time: Time
    imported: bool
    record_id: str


class OwedConsent(Output):
    """A decision that is open: until it is made, what needs it is refused (CONSENT_REQUIRED)."""

    purpose: PurposeName
    text_version: int


class Consents(Output):
    """One per purpose ever decided, and those that are to be decided before she can go on."""

    consents: list[Consent]
    owed: list[OwedConsent]


def consent_of(consent: pb.Consent) -> Consent:
    return Consent(
        purpose=PURPOSES.text(consent.purpose), granted=consent.granted,
        text_version=consent.text_version, decide_time=time(consent.decide_time),
        imported=consent.imported, record_id=consent.record_id,
    )  # fmt: skip


@get("/v1/consents", summary="The caller's decisions that hold", tags=TAGS)
async def list_consents(request: KithRequest) -> Consents:
    reply = await request.ask(request.services.consents.ListConsents, api.ListConsentsRequest())
    return Consents(
        consents=[consent_of(consent) for consent in reply.consents],
        owed=[
            OwedConsent(purpose=PURPOSES.text(one.purpose), text_version=one.text_version)
            for one in reply.owed
        ],
    )


@put("/v1/consents/{purpose:str}", dto=Json[SetConsent], summary="Decide on one purpose", tags=TAGS)
async def set_consent(
    request: KithRequest, purpose: FromPath[PurposeName], data: JSONBody[SetConsent]
) -> Consent:
    reply = await request.ask(
        request.services.consents.SetConsent,
        api.SetConsentRequest(
            purpose=PURPOSES.number(purpose),
            granted=data.granted,
            text_version=data.text_version,
            request_id=data.request_id,
        ),
    )
    return consent_of(reply.consent)
