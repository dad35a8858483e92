"""The ceremonies of WebAuthn, by the library of the same name (py_webauthn, Duo Labs)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import webauthn
from common.errors import Invalid
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from webauthn.helpers import base64url_to_bytes, encode_cbor
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity.application.ports_passkeys import Claim, Created, Owner
from identity.domain.challenge import LIFE
from identity.domain.passkey import Passkey

RP_NAME = "Kith"
_MILLIS = round(LIFE.total_seconds() * 1000)
_TRANSPORTS = {one.value for one in AuthenticatorTransport}


class WebauthnAuthenticators:
    """Implements ports_passkeys.Authenticators for one relying party."""

    def __init__(self, rp_id: str, origins: Sequence[str]) -> None:
        """`rp_id` is the domain keys belong to; answers come from pages of `origins` alone."""
        self._rp_id = rp_id
        self._origins = list(origins)
        self._nobodys = _nobodys_key()

    def ask_to_create(self, owner: Owner, there: Sequence[Passkey], challenge: bytes) -> str:
        """See ports_passkeys.Authenticators."""
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id, rp_name=RP_NAME, user_id=owner.handle, user_name=owner.name,
            user_display_name=owner.name, challenge=challenge, timeout=_MILLIS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(
                    id=one.credential_id,
                    transports=[
                        AuthenticatorTransport(name)
                        for name in one.transports
                        if name in _TRANSPORTS
                    ],
                )
                for one in there
            ],
        )  # fmt: skip
        return webauthn.options_to_json(options)

    def ask_to_sign_in(self, challenge: bytes) -> str:
        """See ports_passkeys.Authenticators."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id, challenge=challenge, timeout=_MILLIS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )  # fmt: skip
        return webauthn.options_to_json(options)

    def read(self, answer: str) -> Claim:
        """See ports_passkeys.Authenticators."""
        try:
            sent = json.loads(answer)
            response = sent["response"]
            said = json.loads(base64url_to_bytes(response["clientDataJSON"]))
            return Claim(
                base64url_to_bytes(said["challenge"]), base64url_to_bytes(sent["rawId"]),
                base64url_to_bytes(response.get("userHandle") or ""),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Invalid("not an answer of a browser (WebAuthn)", field="credential") from None

    def verify_created(self, answer: str, challenge: bytes) -> Created | None:
        """See ports_passkeys.Authenticators."""
        try:
            found = webauthn.verify_registration_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=self._rp_id,
                expected_origin=self._origins, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
            return None
        return Created(found.credential_id, found.credential_public_key, found.sign_count)

    def verify_used(self, answer: str, challenge: bytes, passkey: Passkey | None) -> int | None:
        """See ports_passkeys.Authenticators."""
        try:
            found = webauthn.verify_authentication_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=self._rp_id,
                expected_origin=self._origins, require_user_verification=True,
                credential_public_key=passkey.public_key if passkey else self._nobodys,
                credential_current_sign_count=passkey.sign_count if passkey else 0,
            )  # fmt: skip
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
            return None
        return found.new_sign_count if passkey else None


def _nobodys_key() -> bytes:
    """A key that nobody holds the other half of, in COSE (RFC 9053 §7.1.1)."""
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
