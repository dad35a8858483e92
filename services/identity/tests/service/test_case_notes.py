"""What identity knows of crisis cases: one contract for the fake and the database, and what becomes
of events that come twice, late, or say something new."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from common.clock import epoch_millis
from common.errors import Invalid
from common.ids import new_id
from common.kafka_consumer import Meta
from common.mongo import Database
from google.protobuf.timestamp_pb2 import Timestamp
from identity.adapters.mongo import INDEXES
from identity.adapters.mongo_case_notes import MongoCaseNotes
from identity.application.ports_cases import CaseNotes
from identity.domain.case_note import CaseNote
from identity.entrypoints.case_notes import TOPICS, handlers
from kith.community.events.v1 import case_events_pb2 as events

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.fakes_cases import FakeCaseNotes

HOUR = timedelta(hours=1)
META = Meta(TOPICS[0], 0, 0, "", str(new_id()), "", 1, None)


def a_note(version: int, *, is_open: bool, member_id: UUID, case_id: UUID) -> CaseNote:
    return CaseNote(case_id, member_id, is_open, NOW, NOW + HOUR, version)


class NotesContract:
    """What every implementation of the port does."""

    @pytest.fixture
    def notes(self) -> CaseNotes:
        raise NotImplementedError

    async def test_of_whoever_nothing_is_known_no_case_is_open(self, notes: CaseNotes) -> None:
        assert not await notes.is_open(NETWORK, new_id(), None)

    async def test_an_open_case_is_open_in_its_network_until_it_is_closed(
        self, notes: CaseNotes
    ) -> None:
        ada, case = new_id(), new_id()
        await notes.note(NETWORK, a_note(1, is_open=True, member_id=ada, case_id=case))
        assert await notes.is_open(NETWORK, ada, None)
        assert not await notes.is_open(new_id(), ada, None)
        assert not await notes.is_open(NETWORK, new_id(), None)
        await notes.note(NETWORK, a_note(2, is_open=False, member_id=ada, case_id=case))
        assert not await notes.is_open(NETWORK, ada, None)

    async def test_what_is_older_than_known_changes_nothing(self, notes: CaseNotes) -> None:
        ada, case = new_id(), new_id()
        for version, is_open in ((3, False), (1, True), (2, True), (3, False)):
            note = a_note(version, is_open=is_open, member_id=ada, case_id=case)
            await notes.note(NETWORK, note)
            assert not await notes.is_open(NETWORK, ada, None)

    async def test_one_open_case_is_enough(self, notes: CaseNotes) -> None:
        ada = new_id()
        for is_open in (True, False):
            note = a_note(1, is_open=is_open, member_id=ada, case_id=new_id())
            await notes.note(NETWORK, note)
        assert await notes.is_open(NETWORK, ada, None)

    async def test_only_what_was_opened_later_counts_if_so_asked(self, notes: CaseNotes) -> None:
        ada = new_id()
        await notes.note(NETWORK, a_note(1, is_open=True, member_id=ada, case_id=new_id()))
        assert await notes.is_open(NETWORK, ada, NOW - HOUR)
        assert not await notes.is_open(NETWORK, ada, NOW)

    async def test_a_member_is_forgotten_and_others_are_not(self, notes: CaseNotes) -> None:
        ada, ben = new_id(), new_id()
        for member_id in (ada, ben):
            note = a_note(1, is_open=True, member_id=member_id, case_id=new_id())
            await notes.note(NETWORK, note)
        for _ in range(2):
            await notes.forget(NETWORK, ada)
        assert not await notes.is_open(NETWORK, ada, None)
        assert await notes.is_open(NETWORK, ben, None)


class TestInMemory(NotesContract):
    @pytest.fixture
    def notes(self) -> CaseNotes:
        return FakeCaseNotes()


class TestInMongo(NotesContract):
    @pytest.fixture
    async def notes(self, database: Database) -> CaseNotes:
        await database.create_collections({"case_notes": INDEXES["case_notes"]})
        return MongoCaseNotes(database)


def changed(stage: int, version: int = 1, member_id: str = "") -> events.CaseChanged:
    at = Timestamp()
    at.FromMilliseconds(epoch_millis(NOW))
    return events.CaseChanged(
        network_id=str(NETWORK), case_id=str(new_id()), member_id=member_id or str(new_id()),
        stage=stage, version=version, change_time=at, open_time=at,  # type: ignore[arg-type]  # any
    )  # fmt: skip


async def take(notes: CaseNotes, event: events.CaseChanged, *, here: bool = True) -> list[UUID]:
    """Of whom a case has ended."""

    async def is_here(network_id: UUID, member_id: UUID) -> bool:
        return here

    ended = []

    async def look_again(network_id: UUID, member_id: UUID) -> None:
        assert network_id == NETWORK
        assert not await notes.is_open(NETWORK, member_id, None)
        ended.append(member_id)

    await handlers(notes, look_again, is_here)[events.CaseChanged](event, META)
    return ended


@pytest.mark.parametrize(
    "stage, is_open",
    [
        (events.CASE_STAGE_OPEN, True),
        (events.CASE_STAGE_CLAIMED, True),
        (events.CASE_STAGE_CLOSED, False),
        (99, True),  # a stage that comes later: a person has to look
    ],
)
async def test_every_stage_but_the_last_is_open(stage: int, is_open: bool) -> None:
    notes, ada = FakeCaseNotes(), new_id()
    ended = await take(notes, changed(stage, member_id=str(ada)))
    assert ended == ([] if is_open else [ada])
    assert await notes.is_open(NETWORK, ada, None) is is_open


async def test_of_who_is_gone_no_case_is_kept_that_is_heard_of_later() -> None:
    notes, ada = FakeCaseNotes(), new_id()
    for stage in (events.CASE_STAGE_OPEN, events.CASE_STAGE_CLOSED):
        assert await take(notes, changed(stage, member_id=str(ada)), here=False) == []
        assert not notes.all


@pytest.mark.parametrize("wrong", [changed(1, version=0), changed(1, member_id="ada")])
async def test_what_can_be_no_case_is_refused(wrong: events.CaseChanged) -> None:
    notes = FakeCaseNotes()
    with pytest.raises(Invalid):
        await take(notes, wrong)
    assert not notes.all
