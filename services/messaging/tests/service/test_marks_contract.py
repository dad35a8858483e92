"""One contract for marks, choices and what is unread, held by the fakes and by the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from common.mongo import Database
from messaging.adapters.mongo import Networks
from messaging.application.ports import Network
from messaging.domain.mark import Mark

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    a_placed,
)
from services.messaging.tests.fakes import a_network

TALK, OTHER_TALK = a_conversation(), a_conversation(ADA, CAT)
FIRST = Mark(TALK.id, ADA, 3, 2, 1)


class MarksContract:
    """What every implementation of ports_marks does, and Messages with what is unread."""

    @pytest.fixture
    async def network(self) -> Network:
        raise NotImplementedError

    async def test_a_mark_is_stored_over_the_one_it_was_made_of(self, network: Network) -> None:
        marks = network.marks
        second = replace(FIRST, read=3, version=2)
        assert not await marks.save(second, NOW, None)  # there is none to go on from
        assert await marks.save(FIRST, NOW, BEN)
        assert not await marks.save(FIRST, NOW, BEN)
        assert await marks.save(second, NOW, BEN)
        assert not await marks.save(replace(second, read=9), NOW, None)
        other = Mark(OTHER_TALK.id, ADA, 1, 1, 1)
        assert await marks.save(other, NOW, None)
        asked = [(TALK.id, ADA), (TALK.id, BEN), (OTHER_TALK.id, ADA)]
        assert await marks.of(asked) == {asked[0]: second, asked[2]: other}
        assert await marks.of([]) == {}

    async def test_of_many_devices_at_once_one_moves_the_mark(self, network: Network) -> None:
        outcomes = await asyncio.gather(
            *(network.marks.save(replace(FIRST, read=n), NOW, BEN) for n in range(10))
        )
        assert outcomes.count(True) == 1

    async def test_a_choice_is_kept_and_who_has_not_chosen_shows(self, network: Network) -> None:
        assert await network.choices.hiding([ADA, BEN]) == set()
        for shown in (False, False, True, False):
            await network.choices.choose(ADA, shown)
            assert await network.choices.hiding([ADA, BEN]) == (set() if shown else {ADA})

    async def test_unread_is_what_others_wrote_behind_the_mark(self, network: Network) -> None:
        await network.conversations.add([TALK])
        tail = None
        for sender in (BEN, ADA, BEN, BEN, ADA):
            placed = a_placed(a_draft(sender), TALK, tail)
            await network.messages.add(TALK, placed)
            tail = placed.message.tail
        unread, newest = network.messages.unread, network.messages.newest_of_others
        assert [await unread(TALK.id, ADA, n, 5, 99) for n in range(6)] == [3, 2, 2, 1, 0, 0]
        assert [await unread(TALK.id, BEN, n, 5, 99) for n in range(6)] == [2, 2, 1, 1, 1, 0]
        assert await unread(TALK.id, ADA, 0, 3, 99) == 2
        assert await unread(TALK.id, ADA, 0, 5, 2) == 2
        assert await unread(TALK.id, ADA, 0, 2**63 - 1, 99) == 3
        assert await newest(TALK.id, ADA, 0, 5) == BEN
        assert await newest(TALK.id, ADA, 4, 5) is None


class TestFakeMarks(MarksContract):
    @pytest.fixture
    async def network(self) -> Network:
        return a_network(ADA, BEN, CAT)


class TestMongoMarks(MarksContract):
    @pytest.fixture
    async def network(self, networks: Networks) -> Network:
        return networks.of(NETWORK)

    async def test_another_network_has_nothing_of_it(
        self, network: Network, networks: Networks
    ) -> None:
        await network.marks.save(FIRST, NOW, None)
        await network.choices.choose(ADA, shown=False)
        other = networks.of(OTHER_NETWORK)
        assert await other.marks.of([(TALK.id, ADA)]) == {}
        assert await other.choices.hiding([ADA]) == set()

    async def test_the_event_waits_in_the_mark_and_only_where_something_was_read(
        self, network: Network, database: Database
    ) -> None:
        for number, read_of in enumerate((None, BEN, None, BEN), 1):
            mark = Mark(TALK.id, ADA, number, number, number)
            assert await network.marks.save(mark, NOW, read_of)
        [document] = await database.unscoped("marks").find().to_list(None)
        assert [(one["topic"], one["sequence"]) for one in document["outbox"]] == [
            ("activity.member.v1", 2), ("activity.member.v1", 4),
        ]  # fmt: skip
