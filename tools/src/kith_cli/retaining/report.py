"""`kith retention`: every rule, and whether it is so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Column, Table

from kith_cli.console import out
from kith_cli.errors import Stop
from kith_cli.local.probes import run_apart
from kith_cli.local.programs import SERVICES, mongodb_uri
from kith_cli.local.topics import load
from kith_cli.retaining import databases, topics
from kith_cli.retaining.kept import Kept
from kith_cli.settings import Settings


def look(settings: Settings, kafka: str, now: datetime) -> list[Kept]:
    """Every rule of every service and topic. Raises Stop when something cannot be looked at."""
    names = [f"{settings.database_prefix}_{name}" for name in SERVICES]
    declared = load(prefix=settings.topic_prefix)
    try:
        found = list(databases.look(mongodb_uri(settings), names, now))
        return [*found, *run_apart(topics.look(kafka, declared, now))]
    except (PyMongoError, KafkaError, OSError) as error:
        raise Stop(f"Not everything could be looked at: {error}.") from error


def show(found: Sequence[Kept], console: Console = out) -> None:
    """Print a table and a verdict."""
    table = Table(Column("place", overflow="fold"), "what", "is kept", "there", "oldest", "")
    for one in found:
        oldest = f"{one.oldest:%Y-%m-%d %H:%M}" if one.oldest else ""
        count = "" if one.count is None else str(one.count)
        table.add_row(one.place, one.kind, one.rule, count, oldest, one.problem)
    console.print(table)
    wrong = sum(bool(one.problem) for one in found)
    verdict = f"{wrong} of {len(found)} rules are not kept." if wrong else "Every rule is kept."
    console.print(verdict, highlight=False)
