"""A forgotten password, and whose an e-mail address is."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import recovery_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Email, NewPassword, Password, Slug

TAGS = ["recovery"]
LinkToken = Annotated[str, Meta(description="What is behind the # of the link in the mail.")]


class RequestPasswordReset(Input):
    """Where, and the address given at registration."""

    network: Slug
    email: Email


class ResetPassword(Input):
    """The token of the mail, and a new password; passkeys end with the old one unless they are to
    be kept."""

    token: LinkToken
    password: NewPassword
    keep_passkeys: bool = False


class VerifyEmail(Input):
    """The token of the mail."""

    token: LinkToken


class ChangeEmail(Input):
    """Another address, and the caller's password again."""

    email: Email
    password: Password


@post(
    "/v1/password-resets", dto=Json[RequestPasswordReset], status_code=204,
    summary="A mail to choose a new password, if there is such an account", tags=TAGS,
)  # fmt: skip
async def request_password_reset(
    request: KithRequest, data: JSONBody[RequestPasswordReset]
) -> None:
    await request.ask(
        request.services.recovery.RequestPasswordReset,
        api.RequestPasswordResetRequest(network=data.network, email=data.email),
        address=request.client_address,
    )


@post(
    "/v1/password-resets/completion", dto=Json[ResetPassword], status_code=204,
    summary="Choose a new password with the token of a mail", tags=TAGS,
)  # fmt: skip
async def reset_password(request: KithRequest, data: JSONBody[ResetPassword]) -> None:
    await request.ask(
        request.services.recovery.ResetPassword,
        api.ResetPasswordRequest(
            token=data.token, password=data.password, keep_passkeys=data.keep_passkeys
        ),
    )


@post(
    "/v1/email-verifications", dto=Json[VerifyEmail], status_code=204,
    summary="Confirm an address with the token of a mail", tags=TAGS,
)  # fmt: skip
async def verify_email(request: KithRequest, data: JSONBody[VerifyEmail]) -> None:
    await request.ask(
        request.services.recovery.VerifyEmail, api.VerifyEmailRequest(token=data.token)
    )


@post(
    "/v1/accounts/me/email/verification", status_code=204,
    summary="A mail to confirm one's own address", tags=TAGS,
)  # fmt: skip
async def request_email_verification(request: KithRequest) -> None:
    await request.ask(
        request.services.recovery.RequestEmailVerification, api.RequestEmailVerificationRequest()
    )


@post(
    "/v1/accounts/me/email", dto=Json[ChangeEmail], status_code=204,
    summary="Sign in with another address once it is confirmed", tags=TAGS,
)  # fmt: skip
async def change_email(request: KithRequest, data: JSONBody[ChangeEmail]) -> None:
    await request.ask(
        request.services.recovery.ChangeEmail,
        api.ChangeEmailRequest(email=data.email, password=data.password),
    )
