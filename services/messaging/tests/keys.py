"""Master keys for messaging's tests: in memory, held to the same contract as a folder of them, and
a folder for whoever starts the whole service."""

from __future__ import annotations

import atexit
import base64
import shutil
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.sealing import Seal
from messaging.application.key_ports import KeyDamaged, MasterKeyMissing, WrappedKey

from services.messaging.tests.fakes import Crash


class FakeKeys:
    """Implements key_ports.KeyWrapper; `crash_after` so many keys wrapped it dies."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids or ("m1",))
        self.crash_after: int | None = None
        self._kept: dict[bytes, tuple[bytes, bytes]] = {}

    def current(self) -> str:
        return self.ids[-1]

    def known(self) -> Collection[str]:
        return self.ids

    async def wrap(self, key: bytes, bound_to: bytes) -> WrappedKey:
        if self.crash_after is not None:
            if self.crash_after == 0:
                raise Crash
            self.crash_after -= 1
        name = f"{self.current()} {len(self._kept)}".encode()
        self._kept[name] = key, bound_to
        return WrappedKey(self.current(), name)

    async def unwrap(self, wrapped: WrappedKey, bound_to: bytes) -> bytes:
        if wrapped.master_id not in self.ids:
            raise MasterKeyMissing("no such master key")
        key, meant_for = self._kept.get(wrapped.content, (b"", b""))
        if (
            not key
            or meant_for != bound_to
            or not wrapped.content.startswith(wrapped.master_id.encode())
        ):
            raise KeyDamaged("it does not open")
        return key

    async def refresh(self) -> None:
        return


class KnownKeys(ConversationKeys):
    """Every conversation has a key of which no database needs to be asked."""

    async def of(self, network_id: UUID, conversation_id: UUID) -> Seal:
        return Seal(bytes(32), network_id, conversation_id)

    async def of_all(
        self, network_id: UUID, conversation_ids: Collection[UUID]
    ) -> Mapping[UUID, Seal]:
        return {id: await self.of(network_id, id) for id in conversation_ids}


def write_key(folder: Path, name: str, content: bytes) -> Path:
    """A master key as a file."""
    path = folder / f"{name}.key"
    path.write_text(base64.b64encode(content).decode() + "\n")
    return path


@cache
def key_folder() -> Path:
    """A folder with one master key, gone with the process."""
    folder = Path(mkdtemp(prefix="kith-message-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_key(folder, "20260101T000000Z", bytes(range(32)))
    return folder
