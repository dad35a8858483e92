"""The routes of signing in and out, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import totp_service_pb2 as totp

from services.gateway.tests.builders import (
    AT,
    DEVICE,
    DEVICE_JSON,
    SESSION,
    SESSION_JSON,
    Route,
    stamp,
)

TOTP = "/kith.identity.v1.TotpService"
SERVICE = "/kith.identity.v1.DeviceService"
SESSIONS = [
    Route(
        "POST", "/v1/sessions", "/kith.identity.v1.SessionService/CreateSession",
        identity.CreateSessionRequest(
            network="berlin", email="ada@example.org", password="pw", device_label="Phone",
            second_factor_code="123456",
        ),
        identity.CreateSessionResponse(session=SESSION), SESSION_JSON,
        body={
            "network": "berlin", "email": "ada@example.org", "password": "pw",
            "deviceLabel": "Phone", "secondFactorCode": "123456",
        },
        status=201, public=True,
    ),
    Route(
        "POST", "/v1/sessions/refresh", f"{SERVICE}/RefreshSession",
        devices.RefreshSessionRequest(refresh_token="opaque", request_id="q1"),
        devices.RefreshSessionResponse(session=SESSION), SESSION_JSON,
        body={"refreshToken": "opaque", "requestId": "q1"}, status=201, public=True,
    ),
    Route(
        "GET", "/v1/sessions", f"{SERVICE}/ListSessions", devices.ListSessionsRequest(),
        devices.ListSessionsResponse(devices=[DEVICE]), {"devices": [DEVICE_JSON]},
    ),
    Route(
        "DELETE", "/v1/sessions/s1", f"{SERVICE}/DeleteSession",
        devices.DeleteSessionRequest(session_id="s1"), devices.DeleteSessionResponse(), None,
        status=204,
    ),
    Route(
        "DELETE", "/v1/sessions", f"{SERVICE}/DeleteSessions", devices.DeleteSessionsRequest(),
        devices.DeleteSessionsResponse(), None, status=204,
    ),
    Route(
        "DELETE", "/v1/accounts/a1/sessions", f"{SERVICE}/DeleteSessions",
        devices.DeleteSessionsRequest(member_id="a1"), devices.DeleteSessionsResponse(), None,
        status=204,
    ),
    Route(
        "POST", "/v1/accounts/me/totp", f"{TOTP}/CreateTotp",
        totp.CreateTotpRequest(password="pw"),
        totp.CreateTotpResponse(secret="ABCD", uri="otpauth://totp/Kith:ada"),
        {"secret": "ABCD", "uri": "otpauth://totp/Kith:ada"}, body={"password": "pw"}, status=201,
    ),
    Route(
        "POST", "/v1/accounts/me/totp/confirmation", f"{TOTP}/ConfirmTotp",
        totp.ConfirmTotpRequest(code="123456"),
        totp.ConfirmTotpResponse(recovery_codes=["a-b", "c-d"]),
        {"recoveryCodes": ["a-b", "c-d"]}, body={"code": "123456"}, status=201,
    ),
    Route(
        "GET", "/v1/accounts/me/totp", f"{TOTP}/GetTotp", totp.GetTotpRequest(),
        totp.GetTotpResponse(active=True, confirm_time=stamp(), recovery_code_count=9),
        {"active": True, "confirmTime": AT, "recoveryCodeCount": 9},
    ),
    Route(
        "POST", "/v1/accounts/me/totp/removal", f"{TOTP}/DeleteTotp",
        totp.DeleteTotpRequest(password="pw", code="123456"), totp.DeleteTotpResponse(), None,
        body={"password": "pw", "code": "123456"}, status=204,
    ),
]  # fmt: skip
