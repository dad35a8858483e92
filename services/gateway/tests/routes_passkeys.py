"""The routes of passkeys, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import passkey_service_pb2 as api

from services.gateway.tests.builders import AT, SESSION, SESSION_JSON, Json, Route, stamp

SERVICE = "/kith.identity.v1.PasskeyService"
ANSWER: Json = {"id": "x", "response": {"transports": ["internal"]}}
SENT = '{"id":"x","response":{"transports":["internal"]}}'
KEPT = api.Passkey(id="k1", label="Phone", create_time=stamp(), use_time=stamp())
KEPT_JSON = {"id": "k1", "label": "Phone", "createTime": AT, "useTime": AT}
NEW = api.Passkey(id="k1", label="Phone", create_time=stamp())
NEW_JSON = {"id": "k1", "label": "Phone", "createTime": AT}
PASSKEYS = [
    Route(
        "POST", "/v1/accounts/me/passkeys/options", f"{SERVICE}/BeginPasskey",
        api.BeginPasskeyRequest(password="pw"),
        api.BeginPasskeyResponse(options='{"challenge":"abc"}'), {"options": {"challenge": "abc"}},
        body={"password": "pw"}, status=201,
    ),
    Route(
        "POST", "/v1/accounts/me/passkeys", f"{SERVICE}/CreatePasskey",
        api.CreatePasskeyRequest(credential=SENT, transports=["internal"], label="Phone"),
        api.CreatePasskeyResponse(passkey=NEW), NEW_JSON,
        body={"credential": ANSWER, "label": "Phone"}, status=201,
    ),
    Route(
        "GET", "/v1/accounts/me/passkeys", f"{SERVICE}/ListPasskeys", api.ListPasskeysRequest(),
        api.ListPasskeysResponse(passkeys=[KEPT, NEW]), {"passkeys": [KEPT_JSON, NEW_JSON]},
    ),
    Route(
        "PUT", "/v1/accounts/me/passkeys/k1", f"{SERVICE}/RenamePasskey",
        api.RenamePasskeyRequest(passkey_id="k1", label="Old phone"),
        api.RenamePasskeyResponse(passkey=KEPT), KEPT_JSON, body={"label": "Old phone"},
    ),
    Route(
        "DELETE", "/v1/accounts/me/passkeys/k1", f"{SERVICE}/DeletePasskey",
        api.DeletePasskeyRequest(passkey_id="k1"), api.DeletePasskeyResponse(), None, status=204,
    ),
    Route(
        "POST", "/v1/sessions/passkey/options", f"{SERVICE}/BeginPasskeySession",
        api.BeginPasskeySessionRequest(),
        api.BeginPasskeySessionResponse(options='{"challenge":"abc"}'),
        {"options": {"challenge": "abc"}}, status=201, public=True,
    ),
    Route(
        "POST", "/v1/sessions/passkey", f"{SERVICE}/CreatePasskeySession",
        api.CreatePasskeySessionRequest(credential=SENT, device_label="Phone"),
        api.CreatePasskeySessionResponse(session=SESSION), SESSION_JSON,
        body={"credential": ANSWER, "deviceLabel": "Phone"}, status=201, public=True,
    ),
]  # fmt: skip
