"""The texts that are decided on, the record of each decision, and its receipt."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Literal

from kith.identity.v1 import consent_service_pb2 as api
from litestar import get
from litestar.params import QueryParameter

from gateway.entrypoints.http.consents import PURPOSES, TAGS, PurposeName
from gateway.entrypoints.http.fields import (
    INT32_MAX,
    Names,
    Output,
    PageSize,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.request import KithRequest

ActionName = Literal["granted", "declined", "withdrawn"]
MethodName = Literal["client", "import"]
ACTIONS: Names[ActionName] = Names(api.ConsentAction.DESCRIPTOR)
METHODS: Names[MethodName] = Names(api.ConsentMethod.DESCRIPTOR)
Before = Annotated[
    int, QueryParameter(name="beforeNumber", ge=0, le=INT32_MAX, description="Only earlier ones.")
]


class ConsentText(Output):
    """One published version of what a purpose says; it never changes. `digest` is SHA-256."""

    purpose: PurposeName
    version: int
    locale: str
    title: str
    body: str
    required: bool
    effective_time: Time
    digest: str
    current: bool


class ReceiptKey(Output):
    """The public key that receipts are signed with (RFC 8037)."""

    kid: str
    kty: str
    crv: str
    alg: str
    use: str
    x: str


class ConsentTexts(Output):
    """All versions of all texts, by purpose."""

    texts: list[ConsentText]
    receipt_key: ReceiptKey


class ConsentRecord(Output):
    """What was decided once; `textVersion` 0 and no digest for a text that was shown elsewhere."""

    id: str
    number: int
    purpose: PurposeName
    action: ActionName
    text_version: int
    text_digest: str
    decide_time: Time
    method: MethodName


class ConsentRecordPage(Output):
    """Newest first; `nextBeforeNumber` is 0 on the last page."""

    records: list[ConsentRecord]
    next_before_number: int


class ConsentReceipt(Output):
    """`receipt` is JSON as text: Ed25519 signed "kith consent receipt\\n" and its bytes in UTF-8.

    `signature` is base64url.
    """

    receipt: str
    signature: str
    key_id: str


@get(
    "/v1/consent-texts", summary="All versions of the texts members decide on", tags=TAGS,
)  # fmt: skip
async def list_consent_texts(request: KithRequest) -> ConsentTexts:
    reply = await request.ask(
        request.services.consent_records.ListConsentTexts, api.ListConsentTextsRequest()
    )
    return ConsentTexts(
        texts=[_text(text) for text in reply.texts],
        receipt_key=ReceiptKey(**json.loads(reply.receipt_key)),
    )


@get("/v1/accounts/me/consents", summary="All decisions the caller ever made", tags=TAGS)
async def list_consent_records(
    request: KithRequest, page_size: PageSize = 0, before_number: Before = 0
) -> ConsentRecordPage:
    reply = await request.ask(
        request.services.consent_records.ListConsentRecords,
        api.ListConsentRecordsRequest(page_size=page_size, before_number=before_number),
    )
    return ConsentRecordPage(
        records=[_record(record) for record in reply.records],
        next_before_number=reply.next_before_number,
    )


@get(
    "/v1/accounts/me/consents/{record_id:str}/receipt",
    summary="The signed receipt of one of the caller's decisions", tags=TAGS,
)  # fmt: skip
async def get_consent_receipt(request: KithRequest, record_id: PathId) -> ConsentReceipt:
    reply = await request.ask(
        request.services.consent_records.GetConsentReceipt,
        api.GetConsentReceiptRequest(record_id=record_id),
    )
    signature = base64.urlsafe_b64encode(reply.signature).decode().rstrip("=")
    return ConsentReceipt(receipt=reply.receipt, signature=signature, key_id=reply.key_id)


def _text(text: api.ConsentText) -> ConsentText:
    return ConsentText(
        purpose=PURPOSES.text(text.purpose), version=text.version, locale=text.locale,
        title=text.title, body=text.body, required=text.required,
        effective_time=time(text.effective_time), digest=text.digest.hex(), current=text.current,
    )  # fmt: skip


def _record(record: api.ConsentRecord) -> ConsentRecord:
    return ConsentRecord(
        id=record.id, number=record.number, purpose=PURPOSES.text(record.purpose),
        action=ACTIONS.text(record.action), text_version=record.text_version,
        text_digest=record.text_digest.hex(), decide_time=time(record.decide_time),
        method=METHODS.text(record.method),
    )  # fmt: skip
