"""The routes of texts, records and receipts of consents, each with one good request."""

from __future__ import annotations

import json

from kith.identity.v1 import consent_service_pb2 as api
from kith.identity.v1 import identity_pb2

from services.gateway.tests.builders import AT, Route, stamp

_SERVICE = "/kith.identity.v1.ConsentRecordService/"
_KEY = {"kid": "k1", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": "AA"}
_TEXT = api.ConsentText(
    purpose=identity_pb2.PURPOSE_SERVICE, version=2, locale="en", title="Taking part",
    body="To take part …", required=True, effective_time=stamp(), digest=b"\x01\xff", current=True,
)  # fmt: skip
_RECORD = api.ConsentRecord(
    id="r1", purpose=identity_pb2.PURPOSE_RESEARCH, action=api.CONSENT_ACTION_WITHDRAWN,
    text_version=2, text_digest=b"\x01\xff", decide_time=stamp(),
    method=api.CONSENT_METHOD_IMPORT, number=7,
)  # fmt: skip

CONSENTS = [
    Route(
        "GET", "/v1/consent-texts", _SERVICE + "ListConsentTexts", api.ListConsentTextsRequest(),
        api.ListConsentTextsResponse(texts=[_TEXT], receipt_key=json.dumps(_KEY)),
        {
            "texts": [
                {
                    "purpose": "service", "version": 2, "locale": "en", "title": "Taking part",
                    "body": "To take part …", "required": True, "effectiveTime": AT,
                    "digest": "01ff", "current": True,
                }
            ],
            "receiptKey": _KEY,
        },
        public=True,
    ),
    Route(
        "GET", "/v1/accounts/me/consents?pageSize=2&beforeNumber=9",
        _SERVICE + "ListConsentRecords",
        api.ListConsentRecordsRequest(page_size=2, before_number=9),
        api.ListConsentRecordsResponse(records=[_RECORD], next_before_number=7),
        {
            "records": [
                {
                    "id": "r1", "number": 7, "purpose": "research", "action": "withdrawn",
                    "textVersion": 2, "textDigest": "01ff", "decideTime": AT, "method": "import",
                }
            ],
            "nextBeforeNumber": 7,
        },
    ),
    Route(
        "GET", "/v1/accounts/me/consents/r1/receipt", _SERVICE + "GetConsentReceipt",
        api.GetConsentReceiptRequest(record_id="r1"),
        api.GetConsentReceiptResponse(receipt='{"a":1}', signature=b"\xff\xfe", key_id="k1"),
        {"receipt": '{"a":1}', "signature": "__4", "keyId": "k1"},
    ),
]  # fmt: skip
