"""A receipt says who erased how much, and nobody can say so in another's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from common.errors import Invalid
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.events import from_event, to_event
from erasure.keys import jwks, private_key, public_keys
from erasure.receipts import Count, Receipt
from kith.erasure.events.v1 import erasure_events_pb2 as pb

from libs.erasure.tests.keys import KEY, PUBLIC, key_file

AT = datetime(2026, 1, 1, tzinfo=UTC)
RECEIPT = Receipt(new_id(), new_id(), "messaging", {"messages": Count(1, 2)}, AT).signed(KEY)


def test_the_services_own_signature_is_recognised_also_after_its_way_through_the_log() -> None:
    sent = pb.ErasureReceipt.FromString(to_event(RECEIPT).SerializeToString())
    assert from_event(sent) == RECEIPT
    assert from_event(sent).is_of(PUBLIC)


@pytest.mark.parametrize(
    "change",
    [
        {"network_id": new_id()}, {"erasure_id": new_id()}, {"service": "signals"},
        {"counts": {"messages": Count(2, 1)}}, {"counts": {}},
        {"erased_at": AT + timedelta(milliseconds=1)}, {"signature": b""},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_nothing_of_it_can_be_changed(change: dict[str, Any]) -> None:
    own = {"messaging": KEY.public_key(), "signals": Ed25519PrivateKey.generate().public_key()}
    assert RECEIPT.is_of(own)
    assert not replace(RECEIPT, **change).is_of(own)


def test_a_service_without_a_known_key_has_signed_nothing() -> None:
    assert not RECEIPT.is_of({"signals": KEY.public_key()})


def test_an_event_that_is_no_receipt_is_invalid() -> None:
    with pytest.raises(Invalid):
        from_event(pb.ErasureReceipt(network_id="here"))


def test_keys_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(jwks(PUBLIC))
    assert RECEIPT.is_of(public_keys(str(path)))
    assert private_key(key_file()).private_bytes_raw() == KEY.private_bytes_raw()


@pytest.mark.parametrize(
    "content", ["", "{}", '{"keys": []}', '{"keys": [{"kid": "a", "x": "?"}]}']
)
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"JWKS|at least one"):
        public_keys(str(path))
    with pytest.raises(ValueError, match="private key"):
        private_key(str(path))
