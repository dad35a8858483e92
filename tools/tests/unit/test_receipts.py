"""`kith consent verify`: genuine receipts are told from others."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kith_cli.__main__ import build
from kith_cli.errors import Stop
from typer.testing import CliRunner

KEY = Ed25519PrivateKey.generate()
EVENT = {"event_state": "ConsentGiven", "event_time": "2026-01-01T00:00:00.000+00:00"}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def a_receipt(sha256: str = "ab", key: Ed25519PrivateKey = KEY, context: str = "") -> Any:
    fields = {"notice": {"purpose": "signals", "version": 1, "sha256": sha256}, "event": EVENT}
    receipt = json.dumps(fields)
    signed = (context or "kith consent receipt\n") + receipt
    return {"receipt": receipt, "signature": encoded(key.sign(signed.encode())), "keyId": "k"}


def verified(folder: Path, receipt: Any) -> str:
    texts = {
        "texts": [{"purpose": "signals", "version": 1, "digest": "ab"}],
        "receiptKey": {"x": encoded(KEY.public_key().public_bytes_raw())},
    }
    (folder / "receipt.json").write_text(json.dumps(receipt))
    (folder / "texts.json").write_text(json.dumps(texts))
    arguments = ["verify", str(folder / "receipt.json"), "--texts", str(folder / "texts.json")]
    answer = CliRunner().invoke(build(["consent"]), ["consent", *arguments])
    if isinstance(answer.exception, Stop):
        raise answer.exception
    return answer.output


@pytest.mark.parametrize(
    "sha256, text",
    [("ab", "as it was shown"), ("cd", "not published here"), ("", "shown elsewhere")],
)
def test_a_genuine_receipt_is_told_with_its_text(tmp_path: Path, sha256: str, text: str) -> None:
    output = verified(tmp_path, a_receipt(sha256))
    assert output.startswith("Genuine: ConsentGiven at 2026-01-01")
    assert text in output


@pytest.mark.parametrize(
    "receipt",
    [
        a_receipt(key=Ed25519PrivateKey.generate()),
        a_receipt(context="another thing\n"),
        a_receipt() | {"receipt": a_receipt()["receipt"].replace("Given", "Refused")},
    ],
)
def test_a_receipt_that_was_changed_or_is_of_somebody_else_is_not(
    tmp_path: Path, receipt: Any
) -> None:
    with pytest.raises(Stop, match="Not genuine"):
        verified(tmp_path, receipt)


@pytest.mark.parametrize("receipt", [{}, [], "x", {"receipt": 1, "signature": "?"}])
def test_what_is_no_receipt_is_said_so(tmp_path: Path, receipt: Any) -> None:
    with pytest.raises(Stop, match="Cannot be read"):
        verified(tmp_path, receipt)
