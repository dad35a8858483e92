"""A history that is brought in is an entry of the audit log: one for each stream that took
something."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import RemoteError
from common.mongo import ASCENDING, Database
from common.testing.poll import until
from kith.audit.events.v1 import audit_events_pb2 as audit
from messaging.adapters.mongo_imports import COLLECTION, IMPORT_MESSAGES

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW, SOURCE
from services.messaging.tests.doors import Client, Door, Issuer, a_row, refusal
from services.messaging.tests.surroundings import CHANGES, Surroundings, header


async def told(database: Database) -> list[tuple[str, Any, list[str]]]:
    """Source and time of each import, and who did it, as its event says."""
    found = database.unscoped(COLLECTION).find().sort("_id", ASCENDING)
    return [
        (
            one["source"], one["begun_at"],
            [audit.ChangeRecorded.FromString(entry["payload"]).actor_id for entry in one["outbox"]],
        )
        async for one in found
    ]  # fmt: skip


@pytest.mark.usefixtures("ada", "ben")
async def test_each_stream_that_took_something_is_told_and_no_other(
    door: Door, client: Client, issuer: Issuer, database: Database
) -> None:
    who = [str(ADA), str(BEN)]
    first, second = (issuer.token(id, role="network_admin") for id in (ADA, BEN))
    rows = [a_row(1), a_row(2), a_row(3)]
    await client.bring_in(first, rows[:1], rows[1:2])
    await client.bring_in(second, rows[:2])
    await refusal(client.bring_in(second, [a_row(1, text="Other")]))
    await refusal(client.bring_in(first, [a_row(9, text=" ")]))
    assert await told(database) == [(SOURCE, NOW, who[:1])]
    await client.bring_in(second, rows)
    assert await told(database) == [(SOURCE, NOW, who[:1]), (SOURCE, NOW, who[1:])]


async def test_it_is_published_with_who_did_it_and_without_a_word(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    async with surroundings.running() as (_, client):
        await surroundings.tell(ADA, BEN)
        admin = issuer.token(ADA, role="network_admin")

        async def taken() -> bool:
            try:
                return await client.bring_in(admin, [a_row(1)]) == (1, 0)
            except RemoteError as error:
                if error.reason != "MEMBER_NOT_FOUND":
                    raise
                return False  # not known yet: nothing is taken, and nothing told

        await until(taken)
        [record] = await surroundings.records(CHANGES, 1)
        event = audit.ChangeRecorded.FromString(record.value)
        assert (event.network_id, event.actor_id) == (str(NETWORK), str(ADA))
        assert event.subject_id == ""
        assert event.action == IMPORT_MESSAGES
        assert SOURCE.encode() not in record.key + record.value + str(record.headers).encode()
        assert header(record, "ce_type") == audit.ChangeRecorded.DESCRIPTOR.full_name
