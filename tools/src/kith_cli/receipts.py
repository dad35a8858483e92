"""Receipts of consents: whether they are genuine, and which text they are about."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kith_cli.errors import Stop
from kith_cli.networks import door
from kith_cli.settings import Settings

CONTEXT = b"kith consent receipt\n"


def texts_of_this_kith(settings: Settings) -> bytes:
    """What the Kith on this machine publishes: its texts, and the key of its receipts."""
    with door(settings) as kith:
        return json.dumps(kith.request("GET", "/v1/consent-texts", anonymous=True)).encode()


def judged(file: bytes, texts: bytes) -> str:
    """What a receipt says, in a line, if it is genuine. Raises Stop if it is not, or is none."""
    try:
        given, known = json.loads(file), json.loads(texts)
        content = given["receipt"].encode()
        signature, key = _bytes(given["signature"]), _bytes(known["receiptKey"]["x"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, CONTEXT + content)
        receipt = json.loads(content)
        notice, event = receipt["notice"], receipt["event"]
    except InvalidSignature:
        raise Stop("Not genuine: the signature is not of this Kith's key.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Stop(f"Cannot be read as a receipt: {type(error).__name__}: {error}") from None
    return (
        f"Genuine: {event['event_state']} at {event['event_time']}, {notice['purpose']}, "
        f"{_text(notice, known['texts'])}."
    )


def _text(notice: Any, texts: Any) -> str:
    version, digest = notice["version"], notice["sha256"]
    if not digest:
        return "a text that was shown elsewhere"
    if any(text["digest"] == digest for text in texts):
        return f"version {version} of the text, which is published as it was shown"
    return f"version {version} of a text that is not published here"


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
