"""The audit log of a network for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from kith_cli.client import Kith
from kith_cli.console import out, say
from kith_cli.errors import Stop
from kith_cli.networks import door, sign_in
from kith_cli.settings import Settings

PAGE = 100


def show_log(settings: Settings, network: str | None, count: int) -> None:
    """Print the newest entries. Raises Stop, Refused."""
    with door(settings) as kith:
        entry = sign_in(settings, kith, network)
        entries = [found for found, _ in zip(_entries(kith), range(count), strict=False)]
    if not entries:
        say(f"Nobody has looked at anybody's data in {entry.network!r} yet.")
        return
    out.print(table(entry.network, entries))


def verify_log(settings: Settings, network: str | None, digest: str) -> None:
    """Say whether the log is as it was written. Raises Stop when it is not, and Refused."""
    with door(settings) as kith:
        entry = sign_in(settings, kith, network)
        found = kith.get("/v1/audit/verification")
        kept = not digest or any(one["digest"] == digest.lower() for one in _entries(kith))
    if found["brokenSequence"]:
        raise Stop(
            f"The audit log of {entry.network!r} is broken at entry {found['brokenSequence']}:"
            " it was changed, removed or put in later. Keep a copy of the database."
        )
    if not kept:
        raise Stop(
            f"No entry of {entry.network!r} has the digest you kept: what came before it was"
            " changed, or the log's end was cut off."
        )
    out.print(
        f"{entry.network}: {found['entryCount']} entries, all as they were written."
        f" Keep this digest elsewhere: {found['digest']}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def table(network: str, entries: list[dict[str, Any]]) -> Table:
    """Entries as a table, newest first."""
    made = Table(
        title=f"{network}: who looked at whose data", title_justify="left", box=SIMPLE_HEAD,
        pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in ("entry", "when (UTC)", "who", "what", "of how many"):
        made.add_column(name, no_wrap=name in {"entry", "who"})
    for entry in entries:
        at = datetime.fromisoformat(entry["occurTime"])
        made.add_row(
            str(entry["sequence"]), f"{at:%Y-%m-%d %H:%M:%S}",
            entry["actorHandle"] or entry["actorId"], entry["action"].rpartition("/")[2],
            str(len(entry["subjectIds"])),
        )  # fmt: skip
    return made


def _entries(kith: Kith) -> Iterator[dict[str, Any]]:
    before = 0
    while True:
        page = kith.get("/v1/audit", pageSize=PAGE, beforeSequence=before)
        yield from page["entries"]
        before = page["nextBeforeSequence"]
        if not before:
            return
