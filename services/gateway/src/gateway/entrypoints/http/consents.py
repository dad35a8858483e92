"""What a member agreed to."""

from __future__ import annotations

from typing import Literal

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import get, put
from litestar.params import FromPath, JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Names, Output, Time, time
from gateway.entrypoints.http.request import KithRequest

PurposeName = Literal["signals"]
PURPOSES: Names[PurposeName] = Names(pb.Purpose.DESCRIPTOR)
TAGS = ["consents"]


class SetConsent(Input):
    """A decision: agree, or withdraw."""

    granted: bool


class Consent(Output):
    """A member's decision on one purpose."""

    purpose: PurposeName
    granted: bool
    text_version: int
    decide_time: Time
    imported: bool


class Consents(Output):
    """One per purpose ever decided."""

    consents: list[Consent]


def consent_of(consent: pb.Consent) -> Consent:
    return Consent(
        purpose=PURPOSES.text(consent.purpose), granted=consent.granted,
        text_version=consent.text_version, decide_time=time(consent.decide_time),
        imported=consent.imported,
    )  # fmt: skip


@get("/v1/consents", summary="The caller's decisions", tags=TAGS)
async def list_consents(request: KithRequest) -> Consents:
    reply = await request.ask(request.services.consents.ListConsents, api.ListConsentsRequest())
    return Consents(consents=[consent_of(consent) for consent in reply.consents])


@put("/v1/consents/{purpose:str}", dto=Json[SetConsent], summary="Decide on one purpose", tags=TAGS)
async def set_consent(
    request: KithRequest, purpose: FromPath[PurposeName], data: JSONBody[SetConsent]
) -> Consent:
    reply = await request.ask(
        request.services.consents.SetConsent,
        api.SetConsentRequest(purpose=PURPOSES.number(purpose), granted=data.granted),
    )
    return consent_of(reply.consent)
