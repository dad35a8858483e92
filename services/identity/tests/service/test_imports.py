"""Importing accounts over the channel: bad rows, broken streams, and doing it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from common.errors import RemoteError
from common.grpc_client import call
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from services.identity.tests.builders import NOW
from services.identity.tests.doors import Client, Door

JOINED = Timestamp(seconds=1_200_000_000)


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


@pytest.fixture
async def admin(client: Client) -> str:
    return await client.admin()


def person(number: int, **change: object) -> pb.ImportedAccount:
    made = pb.ImportedAccount(
        external_id=str(number), handle=f"member-{number}", signals_consent=number % 2 == 0,
        join_time=JOINED,
    )  # fmt: skip
    made.MergeFrom(pb.ImportedAccount(**change))  # type: ignore[arg-type]  # any of its fields
    return made


Rows = Sequence[pb.ImportedAccount]


async def streamed(
    batches: Sequence[Rows], sources: Sequence[str] = ()
) -> AsyncIterator[api.ImportAccountsRequest]:
    for number, batch in enumerate(batches):
        source = sources[number] if sources else "old-place"
        yield api.ImportAccountsRequest(source=source, accounts=batch)


async def imported(client: Client, admin: str, *batches: Rows) -> api.ImportAccountsResponse:
    request = streamed(batches)
    return await call(client.accounts.ImportAccounts, request, token=admin, seconds=30)


async def stored(client: Client, admin: str) -> list[pb.Account]:
    reply = await call(client.accounts.ListAccounts, api.ListAccountsRequest(), token=admin)
    return [account for account in reply.accounts if account.imported]


async def test_an_import_done_again_changes_nothing_and_gives_the_same_ids(
    client: Client, admin: str
) -> None:
    batches = [[person(1), person(2)], [person(3), person(1)]]
    first = await imported(client, admin, *batches)
    assert (first.created_count, first.existing_count) == (3, 1)
    before = await stored(client, admin)
    again = await imported(client, admin, *batches)
    assert (again.created_count, again.existing_count) == (0, 4)
    assert again.member_ids == first.member_ids
    assert await stored(client, admin) == before
    assert {account.id for account in before} == set(first.member_ids.values())


async def test_an_imported_account_says_where_it_stands(client: Client, admin: str) -> None:
    await imported(client, admin, [person(2)])
    (account,) = await stored(client, admin)
    assert account.create_time == JOINED
    assert list(account.roles) == [pb.ROLE_MEMBER]
    (consent,) = account.consents
    assert (consent.purpose, consent.granted) == (pb.PURPOSE_SIGNALS, True)
    assert (consent.imported, consent.decide_time) == (True, JOINED)


FUTURE = Timestamp(seconds=int(NOW.timestamp()) + 1)


@pytest.mark.parametrize(
    "bad, field",
    [
        (pb.ImportedAccount(external_id="", handle="ok", join_time=JOINED), "external_id"),
        (pb.ImportedAccount(external_id="x" * 201, handle="ok", join_time=JOINED), "external_id"),
        (pb.ImportedAccount(external_id="x", handle="not ok", join_time=JOINED), "handle"),
        (pb.ImportedAccount(external_id="x", handle="ok"), "join_time"),
        (pb.ImportedAccount(external_id="x", handle="ok", join_time=FUTURE), "join_time"),
        (
            pb.ImportedAccount(external_id="x", handle="ok", join_time=Timestamp(seconds=-(2**62))),
            "join_time",
        ),
    ],
)
async def test_a_bad_row_is_named_and_the_rows_before_it_are_kept(
    client: Client, admin: str, bad: pb.ImportedAccount, field: str
) -> None:
    with pytest.raises(RemoteError) as refused:
        await imported(client, admin, [person(1), person(2)], [person(3), bad, person(5)])
    assert refused.value.reason == "IMPORT_ROW_INVALID"
    assert refused.value.metadata == {"row": "4", "field": field}
    assert len(await stored(client, admin)) == 3
    healed = await imported(client, admin, [person(1), person(2)], [person(3), person(4)])
    assert (healed.created_count, healed.existing_count) == (1, 3)


async def test_a_taken_handle_is_named_by_its_row(client: Client, admin: str) -> None:
    with pytest.raises(RemoteError) as refused:
        await imported(client, admin, [person(1)], [person(2, handle="ADMIN"), person(3)])
    assert refused.value.reason == "HANDLE_TAKEN"
    assert refused.value.metadata["row"] == "2"
    assert len(await stored(client, admin)) == 1


async def test_a_stream_that_breaks_off_is_taken_up_by_sending_all_again(
    client: Client, admin: str
) -> None:
    sent = asyncio.Event()

    async def broken() -> AsyncIterator[api.ImportAccountsRequest]:
        async for request in streamed([[person(1), person(2)]]):
            yield request
        sent.set()
        await asyncio.Event().wait()

    request = call(client.accounts.ImportAccounts, broken(), token=admin, seconds=30)
    task = asyncio.create_task(request)
    await sent.wait()
    task.cancel()
    await asyncio.wait([task])
    whole = await imported(client, admin, [person(1), person(2)], [person(3)])
    assert whole.created_count + whole.existing_count == 3
    assert len(await stored(client, admin)) == 3


@pytest.mark.parametrize(
    "batches, sources",
    [
        ([[person(1)]], ["Not A Source"]),
        ([[person(1)]], [""]),
        ([[person(1)], [person(2)]], ["old-place", "new-place"]),
        ([[person(number) for number in range(1001)]], ["old-place"]),
    ],
    ids=["source", "no-source", "two-sources", "batch-too-long"],
)
async def test_a_stream_that_cannot_be_is_refused(
    client: Client, admin: str, batches: Sequence[Rows], sources: Sequence[str]
) -> None:
    request = streamed(batches, sources)
    with pytest.raises(RemoteError) as refused:
        await call(client.accounts.ImportAccounts, request, token=admin, seconds=30)
    assert refused.value.reason == "INVALID_ARGUMENT"


async def test_two_imports_of_one_source_at_once_bring_each_person_in_once(
    client: Client, admin: str
) -> None:
    rows = [person(number) for number in range(60)]
    one, other = await asyncio.gather(
        imported(client, admin, rows[:30], rows[30:]), imported(client, admin, rows[:40], rows[40:])
    )
    assert one.member_ids == other.member_ids
    assert one.created_count + other.created_count == 60
    assert len(await stored(client, admin)) == 60
