"""Who brings a history in is told before the first message is stored, once, and not for nothing."""

from __future__ import annotations

import asyncio

import pytest
from common.errors import Unavailable
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.bring_in import Begin, Import
from messaging.application.import_messages import Imported
from messaging.application.tails import Tails

from services.messaging.tests.builders import ADA, BEN, NOW, a_row, bring_in
from services.messaging.tests.fakes import Crash, FakeNetwork, a_network


class FakeImports:
    """Implements bring_in.Imports; notes how many messages were there at each call."""

    def __init__(self, network: FakeNetwork) -> None:
        self._network = network
        self.told: list[int] = []
        self.away = False

    async def begin(self, begun: Import) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("away")
        self.told.append(len(self._network.messages.all))


def a_begin(imports: FakeImports) -> Begin:
    return Begin(imports, Import(new_id(), "old-place", new_id(), NOW))


@given(st.lists(st.integers(0, 4), max_size=5), st.integers(1, 4))
async def test_wherever_it_is_killed_no_message_is_there_that_was_not_told_before(
    kills: list[int], size: int
) -> None:
    network, rows = a_network(ADA, BEN), [a_row(number) for number in range(1, 8)]
    imports = FakeImports(network)
    for kill in [*kills, None]:
        begin, before, told = a_begin(imports), len(network.messages.all), len(imports.told)
        network.messages.crash_after = kill
        try:
            for start in range(0, len(rows), size):
                await bring_in(network, Tails(), rows[start : start + size], begin)
        except Crash:
            pass
        changed = len(network.messages.all) > before
        assert imports.told[told:] in ([[before]] if changed else [[], [before]])
    assert len(network.messages.all) == len(rows)


async def test_what_was_there_already_is_not_told_again() -> None:
    network = a_network(ADA, BEN)
    imports = FakeImports(network)
    rows = [a_row(1), a_row(2)]
    assert await bring_in(network, Tails(), rows, a_begin(imports)) == Imported(2, 0)
    assert await bring_in(network, Tails(), rows, a_begin(imports)) == Imported(0, 2)
    assert await bring_in(network, Tails(), [], a_begin(imports)) == Imported(0, 0)
    assert imports.told == [0]


async def test_what_cannot_be_told_does_not_happen_and_can_be_tried_again() -> None:
    network = a_network(ADA, BEN)
    imports = FakeImports(network)
    begin, imports.away = a_begin(imports), True
    with pytest.raises(Unavailable):
        await bring_in(network, Tails(), [a_row(1)], begin)
    assert not network.messages.all
    imports.away = False
    assert await bring_in(network, Tails(), [a_row(1)], begin) == Imported(1, 0)
    assert imports.told == [0]


async def test_it_is_told_once_also_by_two_at_a_time() -> None:
    imports = FakeImports(a_network())
    begin = a_begin(imports)
    await asyncio.gather(begin(), begin(), begin())
    assert imports.told == [0]
