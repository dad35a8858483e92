"""The import stream: every row is checked where it stands; the good ones before a bad one count."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from common.errors import Invalid
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from identity.application.import_accounts import Batch, Row
from identity.domain import credentials
from identity.domain.account import Origin
from identity.domain.errors import ImportRowInvalid
from identity.entrypoints.translate import time_of

MAX_BATCH = 1_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_SOURCE = re.compile(r"[a-z0-9-]{2,40}")


async def batches(
    stream: AsyncIterator[api.ImportAccountsRequest], now: datetime
) -> AsyncIterator[Batch]:
    """The rows of a stream, up to the first bad one. Raises Invalid for a bad source or batch."""
    source, count = "", 0
    async for request in stream:
        source = _source(request, source)
        rows: list[Row] = []
        problem = None
        for number, item in enumerate(request.accounts, count + 1):
            try:
                rows.append(_row(number, source, item, now))
            except Invalid as error:
                field = error.metadata.get("field", "")
                text = f"row {number}: {error.message}"
                problem = ImportRowInvalid(text, row=str(number), field=field)
                break
        count += len(request.accounts)
        yield Batch(rows, problem)


def _source(request: api.ImportAccountsRequest, before: str) -> str:
    if not _SOURCE.fullmatch(request.source):
        raise Invalid("source must be 2 to 40 of a-z, 0-9 and -", field="source")
    if before and request.source != before:
        raise Invalid("source must be the same in every batch of a stream", field="source")
    if len(request.accounts) > MAX_BATCH:
        raise Invalid(f"a batch has at most {MAX_BATCH} accounts", field="accounts")
    return request.source


def _row(number: int, source: str, item: pb.ImportedAccount, now: datetime) -> Row:
    joined_at = time_of(item.join_time, "join_time")
    if not EARLIEST < joined_at <= now:
        raise Invalid("join_time must be a time after 1990 that is past", field="join_time")
    return Row(
        number=number,
        origin=Origin(source, item.external_id),
        handle=credentials.handle(item.handle),
        joined_at=joined_at,
        consented=item.signals_consent,
    )
