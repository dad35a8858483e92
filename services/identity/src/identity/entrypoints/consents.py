"""Consents over gRPC: deciding, the texts that are decided on, records and receipts."""

from __future__ import annotations

import json

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import consent_service_pb2 as records_api
from kith.identity.v1 import consent_service_pb2_grpc as records_grpc_api
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import identity_service_pb2_grpc as grpc_api

from identity.application import consents, queries
from identity.application.consents import Wanted
from identity.domain.consent import Action, Decision, Method
from identity.domain.owed import owed
from identity.domain.text import Text
from identity.entrypoints import translate
from identity.entrypoints.ports import Ports

_ACTIONS = {
    action: records_api.ConsentAction.Value(f"CONSENT_ACTION_{action.upper()}") for action in Action
}
_METHODS = {
    method: records_api.ConsentMethod.Value(f"CONSENT_METHOD_{method.upper()}") for method in Method
}


class ConsentService(grpc_api.ConsentServiceServicer):
    """See protos/kith/identity/v1/identity_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def ListConsents(
        self, request: api.ListConsentsRequest, context: Context
    ) -> api.ListConsentsResponse:
        ports, caller = self._ports, auth.current()
        accounts = ports.directory.accounts(caller.network_id)
        account = await queries.own_account(accounts, caller)
        open_ones = owed(account, ports.texts, ports.clock.now())
        return api.ListConsentsResponse(
            consents=map(translate.consent, account.consents.values()),
            owed=[
                pb.OwedConsent(purpose=translate.PURPOSES[purpose], text_version=version)
                for purpose, version in open_ones.items()
            ],
        )

    async def SetConsent(
        self, request: api.SetConsentRequest, context: Context
    ) -> api.SetConsentResponse:
        ports, caller = self._ports, auth.current()
        wanted = Wanted(
            translate.purpose_of(request.purpose), request.granted, request.text_version,
            request.request_id,
        )  # fmt: skip
        decision = await consents.decide(ports.directory, ports.texts, ports.clock, caller, wanted)
        await ports.published()  # what she does next comes after it, in every service
        return api.SetConsentResponse(consent=translate.consent(decision))


class ConsentRecordService(records_grpc_api.ConsentRecordServiceServicer):
    """See protos/kith/identity/v1/consent_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def ListConsentTexts(
        self, request: records_api.ListConsentTextsRequest, context: Context
    ) -> records_api.ListConsentTextsResponse:
        return records_api.ListConsentTextsResponse(
            texts=map(self._text, self._ports.texts.all()),
            receipt_key=json.dumps(dict(self._ports.receipts.jwk)),
        )

    async def ListConsentRecords(
        self, request: records_api.ListConsentRecordsRequest, context: Context
    ) -> records_api.ListConsentRecordsResponse:
        size = translate.page_size(request.page_size, default=50, most=200)
        if request.before_number < 0:
            raise Invalid("before_number must not be negative", field="before_number")
        found, before = await consents.list_records(
            self._ports.directory, auth.current(), request.before_number, size
        )
        return records_api.ListConsentRecordsResponse(
            records=map(_record, found), next_before_number=before
        )

    async def GetConsentReceipt(
        self, request: records_api.GetConsentReceiptRequest, context: Context
    ) -> records_api.GetConsentReceiptResponse:
        ports, record_id = self._ports, parse_id(request.record_id, "record_id")
        receipt = await consents.get_receipt(
            ports.directory, ports.texts, auth.current(), record_id
        )
        signed = ports.receipts.sign(receipt)
        return records_api.GetConsentReceiptResponse(
            receipt=signed.content.decode(), signature=signed.signature, key_id=signed.key_id
        )

    def _text(self, text: Text) -> records_api.ConsentText:
        current = self._ports.texts.current(text.purpose, self._ports.clock.now())
        return records_api.ConsentText(
            purpose=translate.PURPOSES[text.purpose], version=text.version, locale=text.locale,
            title=text.title, body=text.body, required=text.required,
            effective_time=translate.timestamp(text.effective_from), digest=text.digest,
            current=text is current,
        )  # fmt: skip


def _record(decision: Decision) -> records_api.ConsentRecord:
    return records_api.ConsentRecord(
        id=str(decision.id), purpose=translate.PURPOSES[decision.purpose],
        action=_ACTIONS[decision.action], text_version=decision.text_version,
        text_digest=decision.text_digest, decide_time=translate.timestamp(decision.decided_at),
        method=_METHODS[decision.method], number=decision.number,
    )  # fmt: skip
