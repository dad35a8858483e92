"""`kith erase verify`: looks everywhere and says what it found."""

from __future__ import annotations

from aiokafka.errors import KafkaError
from erasure.keys import private_key, public_keys
from pymongo.errors import PyMongoError
from rich.table import Table

from kith_cli.console import out
from kith_cli.erasing import databases, topics
from kith_cli.erasing.findings import Report, left
from kith_cli.erasing.marks import Marks, Wanted
from kith_cli.errors import Stop
from kith_cli.local.probes import run_apart
from kith_cli.local.programs import SERVICES, mongodb_uri
from kith_cli.local.secrets import ensure_secrets
from kith_cli.local.topics import load
from kith_cli.settings import Settings

EXPLANATION = (
    "Topics keep the pseudonym until their retention ends, and the audit log says for good that "
    "somebody looked at it: a random number that, with the account gone, leads to nobody. It is "
    "named here and counts as nothing of a person."
)
SEALED = (
    "texts of private messages are sealed: what others wrote in them could not be looked at, only "
    "whose they are. Hers are empty."
)


def verify(settings: Settings, kafka: str, wanted: Wanted) -> Report:
    """Look everywhere. Raises Stop when something cannot be looked at."""
    marks, secrets = Marks.of(wanted), ensure_secrets(settings.secrets)
    uri, prefix = mongodb_uri(settings), settings.topic_prefix
    names = [f"{settings.database_prefix}_{name}" for name in SERVICES]
    try:
        places = list(databases.scan(uri, names, marks))
        places += run_apart(topics.scan(kafka, prefix, load(prefix=prefix), marks))
        key = private_key(str(secrets.erasure_key("identity"))).private_bytes_raw()
        identity = f"{settings.database_prefix}_identity"
        record = databases.record_of(uri, identity, wanted.member_id, key)
    except (PyMongoError, KafkaError, OSError) as error:
        raise Stop(f"Not everything could be looked at: {error}.") from error
    if record is None:
        return Report(places, None, ())
    finished_at, receipts = record
    keys = public_keys(str(secrets.erasure_keys))
    return Report(places, finished_at, [(one, one.is_of(keys)) for one in receipts])


def show(report: Report) -> None:
    """Print a report as a table and a verdict."""
    table = Table("place", "looked at", "found")
    for place in report.places:
        table.add_row(place.name, str(place.looked_at), place.verdict)
    out.print(table)
    if any(place.until or place.stays for place in report.places):
        out.print(EXPLANATION, highlight=False)
    if sealed := sum(place.sealed for place in report.places):
        out.print(f"{sealed} {SEALED}", highlight=False)
    for receipt, genuine in report.receipts:
        sums = ", ".join(
            f"{kind} {count.removed} removed, {count.anonymised} anonymised"
            for kind, count in sorted(receipt.counts.items())
        )
        sign = "signed" if genuine else "NOT SIGNED BY IT"
        out.print(f"receipt of {receipt.service} ({sign}): {sums}", highlight=False, soft_wrap=True)
    out.print(_verdict(report), highlight=False, soft_wrap=True)


def _verdict(report: Report) -> str:
    if bad := left(report.places):
        return f"Found in {len(bad)} places where nothing may be."
    if report.finished_at is None:
        return "Nothing found, but no finished erasure of this member is recorded."
    if not report.is_proof:
        return "Nothing found, but a receipt is not genuine."
    return f"Nothing found. Erased by {report.finished_at:%Y-%m-%d %H:%M} UTC."
