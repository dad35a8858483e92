"""The master keys of messages of a local Kith: adding the next one, seeing what needs which, and
removing those that nothing needs any more."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from rich.table import Table

from kith_cli.console import out
from kith_cli.errors import Stop
from kith_cli.local.keys import KEPT, LEAD, NAME_FORMAT
from kith_cli.local.secrets import new_secret_key, write_private

FINGERPRINT = b"kith messaging master key: fingerprint"
DESTROYED = "~destroyed"
"""What messaging writes in place of a master key where both members have gone."""


@dataclass(frozen=True, slots=True)
class Used:
    """How many conversations need which master key; `keyless` have none yet, and `in_clear` may
    hold words of before sealing."""

    by_key: Mapping[str, int] = field(default_factory=dict)
    keyless: int = 0
    in_clear: int = 0
    destroyed: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """The keys of a folder with how many conversations need them, oldest first, and what is amiss.

    `current` is the one that wraps now; `retired` are older, needed by nothing, and replaced long
    enough ago for every process to know.
    """

    needed: Mapping[Path, int]
    missing: Mapping[str, int]
    current: Path
    retired: Sequence[Path]
    used: Used

    @classmethod
    def of(cls, folder: Path, used: Used, now: datetime) -> Status:
        """Compare a folder, which holds a key at least, with what is used. Raises Stop."""
        begins = {path: _begin(path) for path in sorted(folder.glob("*.key"))}
        ids = {path: id_of(path) for path in begins}
        needed = {path: used.by_key.get(id, 0) for path, id in ids.items()}
        there = set(ids.values())
        missing = {id: count for id, count in used.by_key.items() if id not in there}
        begun = [path for path, begin in begins.items() if begin <= now]
        current = begun[-1] if begun else next(iter(begins))
        retired = [
            path
            for path, successor in pairwise(begun)
            if not needed[path] and begins[successor] <= now - KEPT
        ]
        return cls(needed, missing, current, retired, used)

    @property
    def is_done(self) -> bool:
        """Whether everything is wrapped with the current key, and sealed."""
        others = [count for path, count in self.needed.items() if path != self.current]
        used = self.used
        return not (any(others) or self.missing or used.keyless or used.in_clear)


def id_of(path: Path) -> str:
    """How messaging names a master key: the name of its file, and a fingerprint. Raises Stop."""
    try:
        content = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, ValueError):
        raise Stop(f"{path.name} cannot be read as a key.") from None
    print = HKDF(SHA256(), 32, salt=None, info=FINGERPRINT).derive(content)[:6].hex()
    return f"{path.stem}-{print}"


def add(folder: Path, now: datetime) -> Path:
    """A key that wraps soon: every process reads it before any wraps with it."""
    added = folder / f"{(now + LEAD).strftime(NAME_FORMAT)}.key"
    if not added.exists():
        write_private(added, new_secret_key())
    return added


def look(uri: str, database: str) -> Used:
    """Ask the database. Raises Stop."""
    try:
        with MongoClient[dict[str, Any]](uri) as client:
            conversations = client[database]["conversations"]
            found = conversations.aggregate([{"$group": {"_id": "$key_id", "n": {"$sum": 1}}}])
            counts: dict[str | None, int] = {one["_id"]: one["n"] for one in found}
            in_clear = conversations.count_documents({"unsealed": True})
    except PyMongoError as error:
        raise Stop(f"The database could not be asked: {error}.") from error
    keyless, destroyed = counts.pop(None, 0), counts.pop(DESTROYED, 0)
    return Used({id: n for id, n in counts.items() if id}, keyless, in_clear, destroyed)


def show(status: Status) -> None:
    """Print it as a table and a verdict."""
    table = Table("master key", "conversations", "")
    for path, count in status.needed.items():
        table.add_row(path.name, str(count), _remark(status, path))
    for id, count in status.missing.items():
        table.add_row(id, str(count), "MISSING: put it back, they cannot be read")
    out.print(table)
    used = status.used
    if used.keyless or used.in_clear:
        waiting = used.keyless + used.in_clear
        out.print(f"{waiting} conversations of before are still to be sealed.", highlight=False)
    if used.destroyed:
        out.print(f"{used.destroyed} keys are destroyed: both members have gone.", highlight=False)
    verdict = "All is up to date." if status.is_done else "Not done yet; messaging works on it."
    out.print(verdict if not status.missing else "A key is missing.", highlight=False)


def retire(status: Status) -> None:
    """Remove what nothing needs any more. Raises Stop while something is amiss."""
    if status.missing:
        raise Stop("A master key is missing, so none is removed.")
    for path in status.retired:
        path.unlink()
    names = ", ".join(path.name for path in status.retired) or "nothing"
    out.print(f"removed: {names}", highlight=False)


def _remark(status: Status, path: Path) -> str:
    if path == status.current:
        return "wraps"
    if path in status.retired:
        return "can be removed: --retire (backups of its time need it)"
    return "wraps later" if path > status.current else "being replaced"


def _begin(path: Path) -> datetime:
    return datetime.strptime(path.stem, NAME_FORMAT).replace(tzinfo=UTC)
