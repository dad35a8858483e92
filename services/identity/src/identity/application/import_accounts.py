"""Bring in accounts from elsewhere, in the order of the source, each once however often it is
sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.errors import Invalid
from common.ids import new_id

from identity.application.ports import Accounts
from identity.domain.account import Account, Events, Origin, bring_in
from identity.domain.errors import HandleTaken, ImportRowInvalid

MAX_ROWS = 25_000
"""In one stream; keeps the answer, with an id for each, within the size of a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the source; `number` counts over the whole stream, from 1."""

    number: int
    origin: Origin
    handle: str
    joined_at: datetime
    consented: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """The good rows before the first bad one, and what is wrong with that one."""

    rows: Sequence[Row]
    problem: ImportRowInvalid | None = None


@dataclass(slots=True)
class Imported:
    """What became of the rows so far; member ids by external id."""

    created: int = 0
    existing: int = 0
    member_ids: dict[str, UUID] = field(default_factory=dict)


async def import_accounts(
    accounts: Accounts, network_id: UUID, batches: AsyncIterator[Batch]
) -> Imported:
    """Store the accounts of one source that are not there yet.

    Raises Invalid for more than MAX_ROWS; ImportRowInvalid and HandleTaken naming the
    row: the rows before it are stored, and sending all again goes on from there.
    """
    total = Imported()
    async for batch in batches:
        if total.created + total.existing + len(batch.rows) > MAX_ROWS:
            raise Invalid(
                f"at most {MAX_ROWS} accounts in a stream; begin another", field="accounts"
            )
        await _take(accounts, network_id, batch.rows, total)
        if batch.problem is not None:
            raise batch.problem
    return total


async def _take(accounts: Accounts, network_id: UUID, rows: Sequence[Row], total: Imported) -> None:
    created = 0
    await _recall(accounts, rows, total)
    while missing := _missing(rows, total):
        new = [_account(network_id, row) for row in missing]
        stored = await accounts.add_many(new)
        for row, (account, _) in zip(missing[:stored], new, strict=False):
            total.member_ids[row.origin.external_id] = account.id
        created += stored
        if stored < len(missing):
            await _recall(accounts, missing[stored:], total)
            refused = missing[stored]
            if refused.origin.external_id not in total.member_ids:  # no other import took it
                raise HandleTaken("this handle is taken", row=str(refused.number), field="handle")
    total.created += created
    total.existing += len(rows) - created


async def _recall(accounts: Accounts, rows: Sequence[Row], total: Imported) -> None:
    """Learn which rows are stored already."""
    if rows:
        wanted = {row.origin.external_id for row in rows} - total.member_ids.keys()
        total.member_ids.update(await accounts.by_origin(rows[0].origin.source, wanted))


def _missing(rows: Sequence[Row], total: Imported) -> list[Row]:
    """Rows to store, in order: of rows with one external id the first counts."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.origin.external_id, row)
    return [row for external_id, row in first.items() if external_id not in total.member_ids]


def _account(network_id: UUID, row: Row) -> tuple[Account, Events]:
    return bring_in(
        new_id(), network_id, row.handle, row.origin, row.joined_at, consented=row.consented
    )
