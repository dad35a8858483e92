"""Importing accounts, on fakes: however the rows are cut, repeated and broken off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from identity.application import import_accounts as module
from identity.application.import_accounts import Batch, Imported, Row, import_accounts
from identity.domain.account import Account, Events, Origin
from identity.domain.errors import HandleTaken, ImportRowInvalid
from identity.domain.role import Role

from services.identity.tests.builders import NETWORK, NOW, a_caller, a_member
from services.identity.tests.fakes import FakeAccounts

ADMIN = a_caller(Role.NETWORK_ADMIN)


def a_row(number: int, person: int, handle: str = "") -> Row:
    origin = Origin("old-place", str(person))
    return Row(number, origin, handle or f"member-{person}", NOW, consented=person % 2 == 0)


async def streamed(batches: Sequence[Batch]) -> AsyncIterator[Batch]:
    for batch in batches:
        yield batch


async def imported(accounts: FakeAccounts, *batches: Batch) -> Imported:
    return await import_accounts(accounts, NETWORK, streamed(batches))


@given(st.lists(st.lists(st.integers(0, 8), max_size=6), max_size=5))
async def test_each_person_is_brought_in_once_however_the_rows_are_cut_and_repeated(
    people: list[list[int]],
) -> None:
    accounts, number, batches = FakeAccounts(), 0, []
    for batch in people:
        batches.append(Batch([a_row(number + i, person) for i, person in enumerate(batch, 1)]))
        number += len(batch)
    first = await imported(accounts, *batches)
    again = await imported(accounts, *batches)
    distinct = {str(person) for batch in people for person in batch}
    assert first.created == len(accounts.all) == len(distinct)
    assert first.created + first.existing == number
    assert (again.created, again.existing) == (0, number)
    assert first.member_ids == again.member_ids
    assert {accounts.all[id].origin for id in first.member_ids.values()} == {
        Origin("old-place", person) for person in distinct
    }


async def test_rows_before_a_bad_one_are_kept() -> None:
    accounts = FakeAccounts()
    problem = ImportRowInvalid("bad", row="4")
    with pytest.raises(ImportRowInvalid):
        await imported(
            accounts, Batch([a_row(1, 1), a_row(2, 2)]), Batch([a_row(3, 3)], problem),
            Batch([a_row(5, 5)]),
        )  # fmt: skip
    assert len(accounts.all) == 3


async def test_a_taken_handle_names_its_row_and_keeps_the_rows_before() -> None:
    accounts = FakeAccounts()
    await accounts.add(*a_member("ada"))
    with pytest.raises(HandleTaken) as refused:
        await imported(
            accounts, Batch([a_row(1, 1)]),
            Batch([a_row(2, 1), a_row(3, 3), a_row(4, 4, "ADA"), a_row(5, 5)]),
        )  # fmt: skip
    assert refused.value.metadata == {"row": "4", "field": "handle"}
    assert len(accounts.all) == 3


class Rival(FakeAccounts):
    """Another import of the same source stores some rows just before this one does."""

    def __init__(self, theirs: Sequence[tuple[Account, Events]]) -> None:
        super().__init__()
        self._theirs = list(theirs)

    async def add_many(self, created: Sequence[tuple[Account, Events]]) -> int:
        theirs, self._theirs = self._theirs, []
        await super().add_many(theirs)
        return await super().add_many(created)


async def test_two_imports_of_one_source_at_once_agree() -> None:
    theirs = [module._account(NETWORK, a_row(person, person)) for person in (2, 3)]
    accounts = Rival(theirs)
    done = await imported(accounts, Batch([a_row(person, person) for person in range(1, 6)]))
    assert (done.created, done.existing) == (3, 2)
    assert len(accounts.all) == 5
    assert done.member_ids["2"] == theirs[0][0].id


async def test_a_stream_without_end_is_refused() -> None:
    async def endless() -> AsyncIterator[Batch]:
        batch = Batch([a_row(1, 1)] * 1000)
        while True:
            yield batch

    with pytest.raises(Invalid):
        await import_accounts(FakeAccounts(), NETWORK, endless())
