"""What a person sees of an import."""

from __future__ import annotations

import re
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kith_cli.console import err, say
from kith_cli.errors import Refused, Stop
from kith_cli.importing.messages import Import, Report
from kith_cli.networks import door, ensure_network
from kith_cli.settings import Settings


def import_messages(
    settings: Settings, file: Path, network: str, source: str | None, *, consent: bool
) -> None:
    """Import with progress, then say what was done. Raises Stop."""
    if not file.is_file():
        raise Stop(f"There is no file {file}.")
    name = source or source_name(file)
    columns = (TextColumn("{task.description:>18}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    with door(settings) as kith:
        ensure_network(settings, kith, network, network.replace("-", " ").capitalize())
        if consent:
            say("The agreement of its members to *signals* is taken over from the source.")
        try:
            with Progress(*columns, console=err) as progress:
                report = Import(kith, progress, name, consent).run(file)
        except Refused as refused:
            row = refused.metadata.get("row")
            where = f"Row {row} was refused; the rows before it are kept: " if row else ""
            raise Stop(f"{where}{refused.detail} ({refused.reason})") from None
    _tell(report, network)


def source_name(file: Path) -> str:
    """A source's name from its file's: `CollegeMsg.txt.gz` → `collegemsg`."""
    name = re.sub(r"[^a-z0-9]+", "-", file.name.split(".")[0].lower()).strip("-")
    if not 2 <= len(name) <= 40:
        raise Stop("Name the source with --source (2 to 40 of a-z, 0-9 and -).")
    return name


def _tell(report: Report, network: str) -> None:
    rate = report.created / report.seconds if report.seconds else 0.0
    say(
        f"{report.created} messages imported, {report.existing} were there already; "
        f"{report.members} members; {report.seconds:.1f} s"
        + (f", {rate:.0f} messages/s" if report.created else "")
    )
    if report.problem is not None:
        raise Stop(
            f"{report.problem}. The rows before it are imported; mend the file and run the same "
            "command again."
        )
    say(f"Look at them with `kith signals top --network {network}`")
