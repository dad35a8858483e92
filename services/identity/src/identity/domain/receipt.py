"""A receipt of a decision, for the member to keep.

Its fields are those of the Kantara Consent Receipt 1.1; what that knows no field for (a no, the
text that was shown, by its digest) stands in the sections of ISO/IEC TS 27560, as the Data Privacy
Vocabulary names them (https://w3id.org/dpv/guides/consent-27560).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.clock import epoch_millis

from identity.domain.consent import Action, Decision, Method
from identity.domain.network import Network
from identity.domain.text import Text

KANTARA = "KI-CR-v1.1.0"
ISO = "ISO/IEC TS 27560:2023"
_STATES = {
    Action.GRANTED: "ConsentGiven", Action.DECLINED: "ConsentRefused",
    Action.WITHDRAWN: "ConsentWithdrawn",
}  # fmt: skip
_COLLECTED = {
    Method.CLIENT: "decided by the member in an app",
    Method.IMPORT: "brought in from elsewhere; the admin who imported it vouches for it",
}


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the data; `jurisdiction` is an ISO 3166-1 code."""

    name: str
    contact: str
    email: str
    phone: str
    address: str
    jurisdiction: str
    policy_url: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything about a decision but who answers for it and the key that signs."""

    decision: Decision
    service: str
    member_id: UUID
    text: Text | None

    def fields(self, controller: Controller, public_key: Mapping[str, str]) -> dict[str, Any]:
        """The whole receipt."""
        decision = self.decision
        language = self.text.locale if self.text else "en"
        return {
            "version": KANTARA,
            "jurisdiction": controller.jurisdiction,
            "consentTimestamp": epoch_millis(decision.decided_at) // 1000,
            "collectionMethod": _COLLECTED[decision.method],
            "consentReceiptID": str(decision.id),
            "publicKey": canonical(public_key).decode(),
            "language": language,
            "piiPrincipalId": str(self.member_id),
            "piiControllers": [{
                "piiController": controller.name, "onBehalf": False,
                "contact": controller.contact,
                "address": {  # https://schema.org/PostalAddress
                    "streetAddress": controller.address,
                    "addressCountry": controller.jurisdiction,
                },
                "email": controller.email, "phone": controller.phone,
            }],
            "policyUrl": controller.policy_url,
            "services": [{"service": self.service, "purposes": [self._purpose()]}],
            "sensitive": True,
            "spiCat": ["Health"],
            "record": {
                "schema_version": ISO, "record_id": str(decision.id),
                "pii_principal_id": str(self.member_id),
            },
            "notice": {
                "purpose": decision.purpose, "version": decision.text_version,
                "language": language, "sha256": decision.text_digest.hex(),
            },
            "event": {
                "event_time": decision.decided_at.isoformat(timespec="milliseconds"),
                "event_type": "explicit", "event_state": _STATES[decision.action],
                "entity_id": str(self.member_id), "number": decision.number,
            },
        }  # fmt: skip

    def _purpose(self) -> dict[str, Any]:
        text = self.text
        if text is None:
            return {
                "purpose": str(self.decision.purpose), "purposeCategory": [],
                "consentType": "EXPLICIT", "piiCategory": [], "primaryPurpose": False,
                "termination": "when it is withdrawn", "thirdPartyDisclosure": False,
            }  # fmt: skip
        summary = text.summary
        third = {"thirdPartyName": summary.third_party} if summary.third_party else {}
        return {
            "purpose": text.title, "purposeCategory": [summary.purpose_category],
            "consentType": "EXPLICIT", "piiCategory": list(summary.pii_categories),
            "primaryPurpose": summary.primary_purpose, "termination": summary.termination,
            "thirdPartyDisclosure": summary.third_party is not None, **third,
        }  # fmt: skip


def receipt_of(decision: Decision, text: Text | None, network: Network, member_id: UUID) -> Receipt:
    """The receipt of a decision made in a network."""
    return Receipt(decision, network.display_name, member_id, text)


def canonical(fields: Mapping[str, Any]) -> bytes:
    """What is signed: JSON with sorted keys and no blanks, in UTF-8."""
    return json.dumps(
        fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()  # fmt: skip
