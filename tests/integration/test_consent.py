"""Consent on the running system: a new text closes every door until it is decided on; a withdrawal
takes effect everywhere; and what was decided can be shown and proven."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from identity.adapters.texts import SHIPPED
from kith.identity.v1 import identity_service_pb2 as identity
from kith.messaging.v1 import messaging_service_pb2 as messaging
from kith_cli.client import Kith
from kith_cli.errors import Refused
from policy import Answer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.integration.policy_doors import Doors
from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(480)
PASSWORD = "correct horse battery"


@contextmanager
def published(system: System, tmp_path: Path, **changes: Any) -> Iterator[None]:
    """Identity begins anew with one more version of the text of *service*, until the block ends."""
    folder = tmp_path / "texts"
    shutil.copytree(Path(str(SHIPPED)), folder)
    text = json.loads((folder / "service.1.en.json").read_text()) | changes | {"version": 2}
    (folder / "service.2.en.json").write_text(json.dumps(text))
    system.told["identity"] = {"KITH_CONSENT_TEXTS": str(folder)}
    try:
        _again(system)
        yield
    finally:
        del system.told["identity"]
        _again(system)


def _again(system: System) -> None:
    system.kill("identity")
    system.wait_ready("identity")


def sign_in(kith: Kith, network: str, handle: str) -> None:
    """A new token, as a refresh gives it too."""
    kith.sign_in(network, f"{handle}@{network}.example", PASSWORD)


def refused(kith: Kith, method: str, path: str, body: Any = None) -> str:
    with pytest.raises(Refused) as refusal:
        kith.request(method, path, json=body)
    return refusal.value.reason


def test_a_new_text_of_service_closes_every_door_until_it_is_decided_on(
    system: System, network: str, tmp_path: Path
) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})["id"]
    doors = Doors(system)
    try:
        with published(system, tmp_path, effective_from="2026-01-01T00:00:00Z", required=True):
            sign_in(ana, network, "ana")
            assert _heard(system, doors, ana, talk) == (Answer.CONSENT, Answer.CONSENT, 4451)
            assert ana.get("/v1/consents")["owed"] == [{"purpose": "service", "textVersion": 2}]
            old = {"granted": True, "textVersion": 1}
            assert refused(ana, "PUT", "/v1/consents/service", old) == "CONSENT_REQUIRED"

            ana.put("/v1/consents/service", {"granted": False})
            sign_in(ana, network, "ana")
            assert _heard(system, doors, ana, talk) == (Answer.CONSENT, Answer.CONSENT, 4451)
            for path in ("/v1/accounts/me", "/v1/accounts/me/consents", "/v1/sessions"):
                ana.get(path)
            assert ana.put(f"/v1/accounts/{ana.member_id}/erasure")["state"] == "requested"
            ana.request("DELETE", f"/v1/accounts/{ana.member_id}/erasure")

            ana.put("/v1/consents/service", {"granted": True, "textVersion": 2})
            sign_in(ana, network, "ana")
            assert _heard(system, doors, ana, talk) == (Answer.ALLOW, Answer.ALLOW, "ready")
    finally:
        doors.close()


def _heard(system: System, doors: Doors, kith: Kith, talk: str) -> tuple[Any, Any, Any]:
    """At REST, at a service itself, and at the WebSocket."""
    rest = doors.rest("GET", f"/v1/conversations/{talk}", None, kith.token).answer
    asked = messaging.GetConversationRequest(conversation_id=talk)
    rpc = doors.rpc(
        "/kith.messaging.v1.ConversationService/GetConversation", asked, kith.token
    ).answer
    with connect(f"ws://{system.settings.http('gateway')}/v1/stream") as socket:
        socket.send(json.dumps({"type": "authenticate", "accessToken": kith.token}))
        try:
            return rest, rpc, json.loads(socket.recv(15))["type"]
        except ConnectionClosed as closed:
            return rest, rpc, closed.rcvd.code if closed.rcvd else None


def test_nobody_joins_without_the_text_and_a_receipt_proves_what_was_agreed(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    code = admin.post("/v1/invites", {})["code"]
    body = {"inviteCode": code, "handle": "eve", "email": "eve@x.example", "password": PASSWORD}
    assert refused(admin, "POST", "/v1/registrations", body) == "CONSENT_REQUIRED"
    ana = system.member(admin, network, "ana")
    [record] = ana.get("/v1/accounts/me/consents")["records"]
    receipt = ana.get(f"/v1/accounts/me/consents/{record['id']}/receipt")
    told = ana.request("GET", "/v1/consent-texts", anonymous=True)
    x, signature = (
        base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))
        for one in (told["receiptKey"]["x"], receipt["signature"])
    )
    signed = b"kith consent receipt\n" + receipt["receipt"].encode()
    Ed25519PublicKey.from_public_bytes(x).verify(signature, signed)
    shown = {text["digest"] for text in told["texts"] if text["purpose"] == "service"}
    assert json.loads(receipt["receipt"])["notice"]["sha256"] in shown


def test_what_an_admin_imports_is_marked_as_her_word(system: System, network: str) -> None:
    admin = system.admin(network)
    with grpc.insecure_channel(system.settings.grpc("gateway")) as channel:
        call = channel.stream_unary(
            "/kith.identity.v1.AccountService/ImportAccounts",
            identity.ImportAccountsRequest.SerializeToString,
            identity.ImportAccountsResponse.FromString,
        )
        batch = identity.ImportAccountsRequest(source="old-place")
        one = batch.accounts.add(external_id="1", handle="kim", signals_consent=True)
        one.join_time.FromJsonString("2020-01-01T00:00:00Z")
        metadata = (("authorization", f"Bearer {admin.token}"),)
        made = call(iter([batch]), metadata=metadata, timeout=30)
    account = admin.get(f"/v1/accounts/{made.member_ids['1']}")
    [consent] = account["consents"]
    assert (consent["imported"], consent["textVersion"]) == (True, 0)


def test_a_withdrawal_takes_effect_everywhere(system: System, network: str) -> None:
    admin = system.admin(network)
    ana = system.member(admin, network, "ana")
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post("/v1/responses", {"instrumentId": "check-in", "answers": {"week": 2}})
    wait_for(lambda: _signal(ana) is not None)
    found = _signal(ana)
    assert found
    assert found["consentVersion"] == 1
    ana.put("/v1/consents/signals", {"granted": False})
    wait_for(lambda: _signal(ana) is None)
    ana.post("/v1/responses", {"instrumentId": "check-in", "answers": {"week": 0}})
    ben = system.member(admin, network, "ben")
    ben.put("/v1/consents/signals", {"granted": True})
    ben.post("/v1/responses", {"instrumentId": "check-in", "answers": {"week": 2}})
    wait_for(lambda: _signal(ben) is not None)
    assert _signal(ana) is None
    assert refused(ana, "GET", "/v1/signals/me/course") == "SIGNAL_NOT_FOUND"


def _signal(kith: Kith) -> Any:
    try:
        return kith.get("/v1/signals/me")
    except Refused as refusal:
        if refusal.reason != "SIGNAL_NOT_FOUND":
            raise
        return None
