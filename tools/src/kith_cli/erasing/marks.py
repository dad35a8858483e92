"""What a member looks like in bytes: every form her id has, and what she was called."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

_TEXTS = frozenset({"id as text", "id as hex"})  # somebody may have written them in capitals


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is looked for; what she was called is known to whoever asks, or left out."""

    member_id: UUID
    email: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """Bytes that give her away, by what they are: `ids` are pseudonyms, `names` are not."""

    ids: Mapping[str, bytes]
    names: Mapping[str, bytes]

    @classmethod
    def of(cls, wanted: Wanted) -> Marks:
        """All forms: a UUID as 16 bytes (BSON binary of any subtype), in its canonical text (also
        within protobuf and keys), without hyphens, and byte-swapped as older drivers store it.

        A handle may be a common word, so only a whole string counts: a BSON string, or a key.
        """
        id = wanted.member_id
        ids = {
            "id": id.bytes, "id as text": str(id).encode(), "id as hex": id.hex.encode(),
            "id, old subtype": id.bytes_le,
        }  # fmt: skip
        names = {}
        if wanted.email:
            names["e-mail address"] = _folded(wanted.email).encode()
        if wanted.handle:
            text = wanted.handle.encode().lower()
            names["handle"] = struct.pack("<i", len(text) + 1) + text + b"\0"
            names["handle as a key"] = f"handle:{_folded(wanted.handle)}".encode() + b"\0"
        return cls(ids, names)

    def found_in(self, content: bytes) -> set[str]:
        """Which of them are in some bytes; names whatever their case."""
        lower = content.lower()
        found = {name for name, mark in self.ids.items() if mark in content}
        found |= {name for name, mark in self.ids.items() if name in _TEXTS and mark in lower}
        return found | {name for name, mark in self.names.items() if mark in lower}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
