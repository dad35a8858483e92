"""Consents through the door: texts, decisions, receipts, and what is closed before a decision."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.mongo import Database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from identity.adapters.consent_receipts import is_signed
from identity.adapters.mongo import MongoDirectory
from identity.domain.consent import Action, Method
from identity.domain.text import Purpose
from kith.identity.v1 import consent_service_pb2 as api
from kith.identity.v1 import erasure_service_pb2 as erasure_api
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import totp_service_pb2 as totp_api

from services.identity.tests.builders import NOW, a_text, with_text
from services.identity.tests.doors import Door, opened

_GET_TOTP = totp_api.GetTotpRequest()
TOMORROW = NOW + timedelta(days=1)
RENEWED = with_text(
    *(
        a_text(purpose, 2, required=True, from_=TOMORROW)
        for purpose in (Purpose.SERVICE, Purpose.SIGNALS)
    )
)


@pytest.fixture
async def renewed(directory: MongoDirectory) -> AsyncIterator[Door]:
    """Identity with texts of service and signals that have to be decided on from tomorrow."""
    async with opened(directory, RENEWED) as door:
        yield door


async def decide(
    door: Door, token: str, granted: bool, purpose: pb.Purpose.ValueType = pb.PURPOSE_SIGNALS,
    version: int = 0, request_id: str = "",
) -> pb.Consent:  # fmt: skip
    request = identity_api.SetConsentRequest(
        purpose=purpose, granted=granted, text_version=version, request_id=request_id
    )
    return (await call(door.client.consents.SetConsent, request, token=token)).consent


async def records(door: Door, token: str) -> list[api.ConsentRecord]:
    request = api.ListConsentRecordsRequest()
    reply = await call(door.client.consent_records.ListConsentRecords, request, token=token)
    return list(reply.records)


async def owed(door: Door, token: str) -> dict[int, int]:
    request = identity_api.ListConsentsRequest()
    reply = await call(door.client.consents.ListConsents, request, token=token)
    return {one.purpose: one.text_version for one in reply.owed}


async def test_the_texts_are_told_to_everybody(door: Door) -> None:
    reply = await call(door.client.consent_records.ListConsentTexts, api.ListConsentTextsRequest())
    assert [text.purpose for text in reply.texts if text.current] == [
        pb.PURPOSE_SERVICE, pb.PURPOSE_SIGNALS, pb.PURPOSE_SPONSOR_AGGREGATES,
        pb.PURPOSE_RESEARCH, pb.PURPOSE_MENTOR_MESSAGES, pb.PURPOSE_NOTIFICATIONS,
    ]  # fmt: skip
    for text in reply.texts:
        shown = {
            "purpose": pb.Purpose.Name(text.purpose).removeprefix("PURPOSE_").lower(),
            "version": text.version, "locale": text.locale, "title": text.title, "body": text.body,
        }  # fmt: skip
        content = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(content.encode()).digest() == text.digest


async def test_a_receipt_is_signed_by_the_key_that_is_told(door: Door) -> None:
    token = await door.client.member(await door.client.admin())
    await decide(door, token, True)
    await decide(door, token, False)
    listed = await records(door, token)
    assert [(one.number, one.purpose, one.action) for one in listed] == [
        (3, pb.PURPOSE_SIGNALS, api.CONSENT_ACTION_WITHDRAWN),
        (2, pb.PURPOSE_SIGNALS, api.CONSENT_ACTION_GRANTED),
        (1, pb.PURPOSE_SERVICE, api.CONSENT_ACTION_GRANTED),
    ]
    texts = await call(door.client.consent_records.ListConsentTexts, api.ListConsentTextsRequest())
    told = json.loads(texts.receipt_key)
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(told["x"] + "="))
    for record, state in zip(
        listed, ("ConsentWithdrawn", "ConsentGiven", "ConsentGiven"), strict=True
    ):
        reply = await call(
            door.client.consent_records.GetConsentReceipt,
            api.GetConsentReceiptRequest(record_id=record.id), token=token,
        )  # fmt: skip
        content = reply.receipt.encode()
        assert is_signed(content, reply.signature, key)
        assert not is_signed(content.replace(b"Given", b"Refused") + b" ", reply.signature, key)
        assert reply.key_id == told["kid"]
        receipt = json.loads(content)
        assert receipt["version"] == "KI-CR-v1.1.0"
        assert receipt["consentReceiptID"] == record.id
        assert receipt["notice"]["sha256"] == record.text_digest.hex()
        assert receipt["event"]["event_state"] == state
        assert json.loads(receipt["publicKey"]) == told
        assert receipt.keys() >= KANTARA
        [service] = receipt["services"]
        assert {len(service["purposes"]), len(receipt["piiControllers"])} == {1}
        assert service["purposes"][0].keys() >= PURPOSE


# Mandatory in the Kantara Consent Receipt 1.1, §4.
KANTARA = {
    "version", "jurisdiction", "consentTimestamp", "collectionMethod", "consentReceiptID",
    "piiPrincipalId", "piiControllers", "policyUrl", "services", "sensitive", "spiCat",
}  # fmt: skip
PURPOSE = {
    "purpose", "purposeCategory", "consentType", "piiCategory", "primaryPurpose", "termination",
    "thirdPartyDisclosure",
}  # fmt: skip


async def test_nobody_reads_records_or_receipts_of_others(door: Door) -> None:
    admin = await door.client.admin()
    ada, ben = [await door.client.member(admin, name) for name in ("ada", "ben")]
    [record] = await records(door, ada)
    for token in (ben, admin):
        assert record.id not in {one.id for one in await records(door, token)}
        with pytest.raises(RemoteError) as refused:
            await call(
                door.client.consent_records.GetConsentReceipt,
                api.GetConsentReceiptRequest(record_id=record.id), token=token,
            )  # fmt: skip
        assert refused.value.reason == "CONSENT_RECORD_NOT_FOUND"


async def test_a_request_sent_again_is_the_same_record(door: Door) -> None:
    token = await door.client.member(await door.client.admin())
    first = await decide(door, token, True, request_id="one")
    await decide(door, token, False, request_id="two")
    assert await decide(door, token, True, request_id="one") == first
    assert len(await records(door, token)) == 3


async def test_decisions_made_at_once_are_numbered_without_gap_or_double(door: Door) -> None:
    token = await door.client.member(await door.client.admin())
    purposes = [pb.PURPOSE_SIGNALS, pb.PURPOSE_RESEARCH, pb.PURPOSE_NOTIFICATIONS]
    made = await asyncio.gather(
        *(
            decide(door, token, number % 2 == 0, purposes[number % 3], 0, f"request {number}")
            for number in range(12)
        )
    )
    stored = await records(door, token)
    assert [one.number for one in stored] == list(range(len(stored), 0, -1))
    assert {one.record_id for one in made} <= {one.id for one in stored}
    held = await call(
        door.client.consents.ListConsents, identity_api.ListConsentsRequest(), token=token
    )
    latest = {one.purpose: one.id for one in reversed(stored)}
    assert {one.purpose: one.record_id for one in held.consents} == latest


async def test_a_new_required_text_blocks_until_it_is_decided_on(renewed: Door) -> None:
    door, client = renewed, renewed.client
    admin = await client.admin()
    session = await _joined(door, admin)
    door.clock.advance(timedelta(hours=23, minutes=58))
    session = await client.refresh(session)
    assert session.expire_time.ToSeconds() == int(TOMORROW.timestamp()), "the token ends with it"
    door.clock.advance(timedelta(minutes=2))
    session = await client.refresh(session)
    assert await owed(door, session.access_token) == {pb.PURPOSE_SERVICE: 2}
    await _refused(door, session.access_token)
    with pytest.raises(RemoteError) as old:
        await decide(door, session.access_token, True, pb.PURPOSE_SERVICE, 1)
    assert old.value.reason == "CONSENT_REQUIRED"
    await decide(door, session.access_token, True, pb.PURPOSE_SERVICE, 2)
    session = await client.refresh(session)
    await call(client.totp.GetTotp, _GET_TOTP, token=session.access_token)


async def test_who_declines_service_reads_decides_and_leaves_and_nothing_else(door: Door) -> None:
    client = door.client
    admin = await client.admin()
    session = await _joined(door, admin)
    await decide(door, session.access_token, False, pb.PURPOSE_SERVICE)
    session = await client.refresh(session)
    token = session.access_token
    await _refused(door, token)
    assert await owed(door, token) == {pb.PURPOSE_SERVICE: 1}
    assert await client.devices_of(session)
    own = await call(client.accounts.GetAccount, identity_api.GetAccountRequest(), token=token)
    assert own.account.id == session.member_id
    for record in await records(door, token):
        receipt = api.GetConsentReceiptRequest(record_id=record.id)
        await call(client.consent_records.GetConsentReceipt, receipt, token=token)
    leaving = erasure_api.RequestErasureRequest(member_id=session.member_id)
    await call(client.erasures.RequestErasure, leaving, token=token)
    await decide(door, token, True, pb.PURPOSE_SERVICE)
    session = await client.refresh(session)
    assert await owed(door, session.access_token) == {}


async def test_an_admin_who_has_not_decided_acts_for_herself_alone(renewed: Door) -> None:
    door, client = renewed, renewed.client
    admin = await client.admin()
    ada = await _joined(door, admin)
    door.clock.advance(timedelta(days=1))
    token = (await client.sign_in("admin@example.org")).access_token
    for refused in (
        call(
            client.accounts.GetAccount, identity_api.GetAccountRequest(member_id=ada.member_id),
            token=token,
        ),
        call(client.accounts.ListAccounts, identity_api.ListAccountsRequest(), token=token),
        call(
            client.erasures.RequestErasure,
            erasure_api.RequestErasureRequest(member_id=ada.member_id), token=token,
        ),
    ):  # fmt: skip
        with pytest.raises(RemoteError) as refusal:
            await refused
        assert refusal.value.reason == "CONSENT_REQUIRED"
    await call(client.accounts.GetAccount, identity_api.GetAccountRequest(), token=token)


async def test_decisions_of_the_first_release_are_read_and_become_records(
    door: Door, database: Database, directory: MongoDirectory
) -> None:
    session = await _joined(door, await door.client.admin())
    old = [
        {"purpose": "signals", "granted": granted, "text_version": version, "decided_at": at,
         "imported": not version}
        for granted, version, at in (
            (True, 0, NOW), (False, 1, NOW + timedelta(days=1)), (True, 1, NOW + timedelta(days=2))
        )
    ]  # fmt: skip
    accounts = database.unscoped("accounts")
    await accounts.update_one({"handle": "ada"}, {"$set": {"decisions": old}})
    await decide(door, session.access_token, False)
    stored = await records(door, session.access_token)
    assert [one.number for one in stored] == [4, 3, 2, 1]
    assert [one.action for one in stored] == [
        api.CONSENT_ACTION_WITHDRAWN, api.CONSENT_ACTION_GRANTED, api.CONSENT_ACTION_WITHDRAWN,
        api.CONSENT_ACTION_GRANTED,
    ]  # fmt: skip
    assert stored[-1].method == api.CONSENT_METHOD_IMPORT


@pytest.mark.parametrize("enum, words", [(api.ConsentAction, Action), (api.ConsentMethod, Method)])
def test_every_word_is_known_on_the_wire(enum: Any, words: Any) -> None:
    prefix = "CONSENT_ACTION_" if words is Action else "CONSENT_METHOD_"
    told = {name.removeprefix(prefix).lower() for name, _ in enum.items()}
    assert told - {"unspecified"} == set(words)


async def _joined(door: Door, admin: str) -> pb.Session:
    await door.client.register(await door.client.invite(admin), "ada")
    return await door.client.sign_in("ada@example.org")


async def _refused(door: Door, token: str) -> None:
    with pytest.raises(RemoteError) as refused:
        await call(door.client.totp.GetTotp, _GET_TOTP, token=token)
    error = refused.value
    assert (error.kind, error.reason) == (Kind.PRECONDITION, "CONSENT_REQUIRED")
    assert error.metadata["purpose"] == "service"
