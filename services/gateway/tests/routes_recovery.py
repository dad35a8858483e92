"""The routes of a forgotten password and of addresses, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import recovery_service_pb2 as recovery

from services.gateway.tests.builders import Route

SERVICE = "/kith.identity.v1.RecoveryService"
RECOVERY = [
    Route(
        "POST", "/v1/password-resets", f"{SERVICE}/RequestPasswordReset",
        recovery.RequestPasswordResetRequest(network="berlin", email="ada@example.org"),
        recovery.RequestPasswordResetResponse(), None,
        body={"network": "berlin", "email": "ada@example.org"}, status=204, public=True,
    ),
    Route(
        "POST", "/v1/password-resets/completion", f"{SERVICE}/ResetPassword",
        recovery.ResetPasswordRequest(token="abc", password="pw", keep_passkeys=True),
        recovery.ResetPasswordResponse(), None,
        body={"token": "abc", "password": "pw", "keepPasskeys": True},
        status=204, public=True,
    ),
    Route(
        "POST", "/v1/email-verifications", f"{SERVICE}/VerifyEmail",
        recovery.VerifyEmailRequest(token="abc"), recovery.VerifyEmailResponse(), None,
        body={"token": "abc"}, status=204, public=True,
    ),
    Route(
        "POST", "/v1/accounts/me/email/verification", f"{SERVICE}/RequestEmailVerification",
        recovery.RequestEmailVerificationRequest(), recovery.RequestEmailVerificationResponse(),
        None, status=204,
    ),
    Route(
        "POST", "/v1/accounts/me/email", f"{SERVICE}/ChangeEmail",
        recovery.ChangeEmailRequest(email="ada@example.org", password="pw"),
        recovery.ChangeEmailResponse(), None, body={"email": "ada@example.org", "password": "pw"},
        status=204,
    ),
]  # fmt: skip
