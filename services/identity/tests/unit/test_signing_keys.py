"""Keys that rotate while the service runs: the newest whose time has come signs, all verify."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import jwt
import pytest
from common import auth
from common.errors import Unauthenticated
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from identity.adapters.signing_keys import NAME_FORMAT, KeyRing, SigningKey, read_folder
from identity.adapters.tokens import LIFE, SignedTokens

from services.identity.tests.builders import NOW, TEXTS, a_device, a_member

PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
SOON = NOW + timedelta(minutes=5)


class Rotating:
    """A folder of keys, the service that signs with them, and one that verifies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.add(NOW - timedelta(days=30))
        self.ring = KeyRing(lambda: read_folder(folder))
        self.tokens = SignedTokens(self.ring, TEXTS)
        self.clock = FakeClock(NOW)
        self.verifier = auth.Verifier(self.jwks, self.clock)

    async def jwks(self) -> str:
        return self.tokens.jwks()

    def add(self, since: datetime) -> Path:
        path = self.folder / f"{since.strftime(NAME_FORMAT)}.pem"
        path.write_bytes(Ed25519PrivateKey.generate().private_bytes(*PEM))
        return path

    def token(self) -> str:
        account, _ = a_member()
        return self.tokens.issue(account, a_device(account)[0], "", self.clock.now()).access_token

    def kid(self) -> str:
        return str(jwt.get_unverified_header(self.token())["kid"])

    def published(self) -> list[str]:
        return [key["kid"] for key in json.loads(self.tokens.jwks())["keys"]]


@pytest.fixture
def rotating(tmp_path: Path) -> Rotating:
    return Rotating(tmp_path)


async def test_a_new_key_is_published_at_once_and_signs_from_its_time_on(
    rotating: Rotating,
) -> None:
    old = rotating.kid()
    rotating.add(SOON)
    assert rotating.published() == [old]
    rotating.ring.reload()
    assert rotating.published()[0] == old
    assert len(rotating.published()) == 2
    assert rotating.kid() == old
    rotating.clock.advance(SOON - NOW)
    assert rotating.kid() == rotating.published()[1]


async def test_tokens_of_both_keys_are_good_until_they_run_out(rotating: Rotating) -> None:
    rotating.add(SOON)
    rotating.ring.reload()
    rotating.clock.advance(SOON - NOW - timedelta(seconds=1))
    before = rotating.token()
    rotating.clock.advance(timedelta(seconds=1))
    after = rotating.token()
    for token in (before, after):
        await rotating.verifier.verify(token)
    fresh = auth.Verifier(rotating.jwks, rotating.clock)  # one that never saw them
    rotating.clock.advance(LIFE - timedelta(seconds=2))
    for token in (before, after):
        await fresh.verify(token)


async def test_a_removed_key_signs_nothing_any_more(rotating: Rotating) -> None:
    old = rotating.token()
    rotating.add(NOW)
    rotating.ring.reload()
    next(iter(sorted(rotating.folder.glob("*.pem")))).unlink()
    rotating.ring.reload()
    assert rotating.published() == [rotating.kid()]
    with pytest.raises(Unauthenticated):
        await rotating.verifier.verify(old)


@pytest.mark.parametrize("content", [b"no key", None])
def test_what_cannot_be_read_leaves_the_keys_as_they_were(
    rotating: Rotating, content: bytes | None
) -> None:
    before = rotating.published()
    if content is None:
        for path in rotating.folder.glob("*.pem"):
            path.unlink()
    else:
        (rotating.folder / "20260101T000000Z.pem").write_bytes(content)
    rotating.ring.reload()
    assert rotating.published() == before
    assert rotating.kid() == before[0]


def test_where_no_key_has_begun_the_first_to_begin_signs() -> None:
    keys = [SigningKey.of(Ed25519PrivateKey.generate(), NOW + timedelta(days=n)) for n in (2, 1)]
    assert KeyRing(lambda: keys).signing(NOW) is keys[1]


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "new.pem").write_bytes(b"")
    with pytest.raises(ValueError, match=r"new\.pem must be named like"):
        read_folder(tmp_path)
    (tmp_path / "new.pem").rename(tmp_path / "20260101T000000Z.pem")
    with pytest.raises(ValueError, match=r"20260101T000000Z\.pem cannot be read"):
        read_folder(tmp_path)


def test_a_draft_is_no_key_yet_and_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000Z.draft").write_bytes(b"")
    assert read_folder(tmp_path) == []
    with pytest.raises(ValueError, match="is no folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(ValueError, match="holds no key"):
        KeyRing(lambda: read_folder(tmp_path))


def test_a_key_does_not_show_itself() -> None:
    key = Ed25519PrivateKey.generate()
    assert "private" not in repr(SigningKey.of(key))
