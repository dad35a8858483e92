"""The import of a history, step by step, through the public doors: accounts, then messages.

It can be cut off and run again at any point: accounts and rows that are there stay as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import identity_pb2 as identity
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.messaging.v1 import messaging_pb2 as messaging
from kith.messaging.v1 import messaging_service_pb2 as messaging_api
from rich.progress import Progress

from kith_cli.client import Kith, when_known
from kith_cli.errors import Stop
from kith_cli.importing.source import BadRow, Row, read, text_of

ACCOUNTS_METHOD = "/kith.identity.v1.AccountService/ImportAccounts"
MESSAGES_METHOD = "/kith.messaging.v1.MessageService/ImportMessages"
ACCOUNTS_PER_BATCH = 500
ROWS_PER_BATCH = 500
ROWS_PER_STREAM = 2_000
KNOWN_SECONDS = 120.0
POLL_SECONDS = 0.25
SIGNALS_PER_PAGE = 200


@dataclass(slots=True)
class Report:
    """What an import did."""

    members: int = 0
    created: int = 0
    existing: int = 0
    seconds: float = 0.0
    problem: BadRow | None = None


class Import:
    """One import of one file into the network the client is signed in to."""

    def __init__(self, kith: Kith, progress: Progress, source: str, consent: bool) -> None:
        self._kith = kith
        self._progress = progress
        self._source = source
        self._consent = consent

    def run(self, path: Path) -> Report:
        """Bring in the good rows before the first bad one. Raises Stop, Refused."""
        begun, report = time.monotonic(), Report()
        rows = self._read(path, report)
        members = self.bring_members(rows)
        report.members = len(members)
        self._messages(rows, members, report)
        report.seconds = time.monotonic() - begun
        return report

    def bring_members(self, rows: Sequence[Row]) -> dict[str, str]:
        """Bring in who the rows name; member id by the id in the source. Raises Stop, Refused."""
        members = self._accounts(rows)
        self._wait_until_known(members)
        return members

    def _read(self, path: Path, report: Report) -> Sequence[Row]:
        rows: list[Row] = []
        try:
            for row in read(path):
                rows.append(row)  # noqa: PERF402  # what was read before a bad row is kept
        except BadRow as problem:
            report.problem = problem
        return rows

    def _accounts(self, rows: Sequence[Row]) -> dict[str, str]:
        """Member id by the id in the source."""
        joined: dict[str, int] = {}
        for row in rows:
            for person in (row.sender, row.recipient):
                joined[person] = min(row.at, joined.get(person, row.at))
        task = self._progress.add_task("members", total=len(joined))
        members: dict[str, str] = {}
        for batch in _batches(list(joined.items()), ACCOUNTS_PER_BATCH):
            accounts = [self._account(person, at) for person, at in batch]
            request = identity_api.ImportAccountsRequest(source=self._source, accounts=accounts)
            reply = self._kith.stream(
                ACCOUNTS_METHOD, identity_api.ImportAccountsRequest.SerializeToString,
                identity_api.ImportAccountsResponse.FromString, lambda: iter([request]),  # noqa: B023  # called before the next round
            )  # fmt: skip
            members.update(reply.member_ids)
            self._progress.advance(task, len(batch))
        return members

    def _account(self, person: str, joined_at: int) -> identity.ImportedAccount:
        return identity.ImportedAccount(
            external_id=person, handle=f"member-{person}", signals_consent=self._consent,
            join_time=Timestamp(seconds=joined_at),
        )  # fmt: skip

    def _wait_until_known(self, members: dict[str, str]) -> None:
        """Until signals knows who agreed: what happens before her consent would not count."""
        if not self._consent:
            return
        wanted = set(members.values())
        task = self._progress.add_task("signals know them", total=len(wanted))
        deadline = time.monotonic() + KNOWN_SECONDS
        while missing := wanted - self._known():
            self._progress.update(task, completed=len(wanted) - len(missing))
            if time.monotonic() > deadline:
                raise Stop(
                    f"Signals does not know {len(missing)} of the imported members: either it does "
                    "not run (`kith status`), or they were imported without consent before; then "
                    "use --no-signals-consent again."
                )
            time.sleep(POLL_SECONDS)
        self._progress.update(task, completed=len(wanted))

    def _known(self) -> set[str]:
        """Ids of the members who have a signal."""
        known: set[str] = set()
        token: str | None = None
        while True:
            page = self._kith.get(
                "/v1/signals", pageSize=SIGNALS_PER_PAGE, pageToken=token, includeUnknown="true"
            )
            known |= {signal["memberId"] for signal in page["signals"]}
            token = page["nextPageToken"]
            if not token:
                return known

    def _messages(self, rows: Sequence[Row], members: dict[str, str], report: Report) -> None:
        task = self._progress.add_task("messages", total=len(rows))
        for part in _batches(rows, ROWS_PER_STREAM):
            reply = self._send(part, members)
            report.created += reply.created_count
            report.existing += reply.existing_count
            self._progress.advance(task, len(part))

    def _send(
        self, rows: Sequence[Row], members: dict[str, str]
    ) -> messaging_api.ImportMessagesResponse:
        """Send rows; while messaging has not heard of the members yet, again."""
        return when_known(
            lambda: self._kith.stream(
                MESSAGES_METHOD, messaging_api.ImportMessagesRequest.SerializeToString,
                messaging_api.ImportMessagesResponse.FromString,
                lambda: self._requests(rows, members),
            ),
            KNOWN_SECONDS,
        )  # fmt: skip

    def _requests(self, rows: Sequence[Row], members: dict[str, str]) -> Iterator[Any]:
        for batch in _batches(rows, ROWS_PER_BATCH):
            yield messaging_api.ImportMessagesRequest(
                source=self._source, messages=[_message(row, members) for row in batch]
            )


def _message(row: Row, members: dict[str, str]) -> messaging.ImportedMessage:
    return messaging.ImportedMessage(
        row=row.number, sender_id=members[row.sender], recipient_id=members[row.recipient],
        text=text_of(row), create_time=Timestamp(seconds=row.at),
    )  # fmt: skip


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
