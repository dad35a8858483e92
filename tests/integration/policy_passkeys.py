"""One good request for every door of passkeys; ana, ben and cat have one each, kept in software."""

from __future__ import annotations

import json
from collections.abc import Iterator

from common.ids import new_id
from gateway.entrypoints.http.actions import ACTIONS
from kith.identity.v1 import passkey_service_pb2 as api
from policy import Answer

from services.identity.tests.authenticator import Device, Json, b64
from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_doors import Doors, Heard
from tests.integration.policy_world import DEVICES, PASSWORD, Things

V1 = "identity.v1.PasskeyService/"
MINE, SESSION = "/v1/accounts/me/passkeys", "/v1/sessions/passkey"
# Of a device that answers what nobody asked: told so is only who may keep a passkey.
UNASKED = Device().create(
    json.dumps({
        "challenge": b64(b"x" * 56), "user": {"id": b64(b"y" * 32)},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    })
)  # fmt: skip


def passkey_rpcs() -> Iterator[Case]:
    """Asked of identity itself."""
    yield rpc(V1 + "BeginPasskey", lambda _: api.BeginPasskeyRequest(password=PASSWORD))
    yield rpc(V1 + "ListPasskeys", lambda _: api.ListPasskeysRequest())
    yield rpc(
        V1 + "CreatePasskey", lambda _: api.CreatePasskeyRequest(credential=json.dumps(UNASKED))
    )
    yield rpc(V1 + "DeletePasskey", lambda _: api.DeletePasskeyRequest(passkey_id=str(new_id())))
    yield rpc(V1 + "BeginPasskeySession", lambda _: api.BeginPasskeySessionRequest())
    rename, enter = f"/kith.{V1}RenamePasskey", f"/kith.{V1}CreatePasskeySession"

    def renaming(doors: Doors, token: str | None, _: Things) -> Heard:
        request = api.RenamePasskeyRequest(passkey_id=first_of(doors, token), label="Phone")
        return doors.rpc(rename, request, token)

    def entering(doors: Doors, token: str | None, things: Things) -> Heard:
        credential = json.dumps(bens_answer(doors, things))
        return doors.rpc(enter, api.CreatePasskeySessionRequest(credential=credential), token)

    yield Case(f"rpc {V1}RenamePasskey", rename, None, renaming)
    yield Case(f"rpc {V1}CreatePasskeySession", enter, None, entering)


def passkey_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route("begin_passkey", "POST", f"{MINE}/options", body=lambda _: {"password": PASSWORD})
    yield route("list_passkeys", "GET", MINE)
    yield route("create_passkey", "POST", MINE, body=lambda _: {"credential": UNASKED})
    yield route("delete_passkey", "DELETE", f"{MINE}/{new_id()}")
    yield route("begin_passkey_session", "POST", f"{SESSION}/options")

    def renaming(doors: Doors, token: str | None, _: Things) -> Heard:
        return doors.rest("PUT", f"{MINE}/{first_of(doors, token)}", {"label": "Phone"}, token)

    def entering(doors: Doors, token: str | None, things: Things) -> Heard:
        return doors.rest("POST", SESSION, {"credential": bens_answer(doors, things)}, token)

    yield Case(f"PUT {MINE}/…", ACTIONS["rename_passkey"], None, renaming)
    yield Case(f"POST {SESSION}", ACTIONS["create_passkey_session"], None, entering)


def first_of(doors: Doors, token: str | None) -> str:
    """A passkey of whose the token is; of nobody's nobody's."""
    heard = doors.rpc(f"/kith.{V1}ListPasskeys", api.ListPasskeysRequest(), token)
    if heard.answer is not Answer.ALLOW:
        return str(new_id())
    return api.ListPasskeysResponse.FromString(heard.content).passkeys[0].id


def bens_answer(doors: Doors, things: Things) -> Json:
    """What ben's device answers to fresh options."""
    request = api.BeginPasskeySessionRequest()
    heard = doors.rpc(f"/kith.{V1}BeginPasskeySession", request, None)
    options = api.BeginPasskeySessionResponse.FromString(heard.content).options
    return DEVICES[things.slug].sign_in(options)
