"""Exports and their parts, in memory and in the database: the same contract."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import ASCENDING, Database
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_exports import MongoDueExports
from identity.application.ports import Directory
from identity.domain.errors import ExportExists
from identity.domain.export import Export, Part, begin

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.fakes import FakeDirectory

PART, OTHER = Part("community", "2", b"sealed"), Part("community", "3", b"other")


def an_export() -> Export:
    return begin(new_id(), NETWORK, new_id(), b"k" * 32, ("identity", "community"), NOW)


class ExportsContract:
    """What both keep."""

    async def test_what_was_added_and_saved_is_found(self, kept: Directory) -> None:
        exports, export = kept.exports(NETWORK), an_export()
        await exports.add(export)
        assert await exports.get(export.member_id) == export
        later = export.took("", NOW).took("7", NOW).postponed(NOW)
        with pytest.raises(ConcurrentUpdate):
            await exports.save(later)
        for after in (first := export.took("", NOW), first.took("7", NOW)):
            await exports.save(after)
            assert await exports.get(export.member_id) == after
        with pytest.raises(ConcurrentUpdate):
            await exports.save(first)
        done = first.took("7", NOW).took("", NOW)
        await exports.save(done)
        assert (await exports.get(export.member_id)) == done
        assert done.ready
        assert done.due_at is None

    async def test_a_member_has_one(self, kept: Directory) -> None:
        exports, export = kept.exports(NETWORK), an_export()
        await exports.add(export)
        with pytest.raises(ExportExists):
            await exports.add(begin(new_id(), NETWORK, export.member_id, b"", ("x",), NOW))
        await exports.add(an_export())
        assert await kept.exports(new_id()).get(export.member_id) is None

    async def test_the_first_part_in_a_place_is_believed(self, kept: Directory) -> None:
        exports, export = kept.exports(NETWORK), an_export()
        assert await exports.part(export, 0) is None
        assert await exports.add_part(export, PART) == PART
        assert await exports.add_part(export, OTHER) == PART
        assert await exports.part(export, 0) == PART
        await exports.add_part(export.took("2", NOW), OTHER)
        assert await exports.part(export, 1) == OTHER

    async def test_nothing_is_left_of_one_that_is_forgotten(self, kept: Directory) -> None:
        exports, export, other = kept.exports(NETWORK), an_export(), an_export()
        for one in (export, other):
            await exports.add(one)
            await exports.add_part(one, PART)
        for _ in range(2):
            await exports.forget(export.member_id)
        assert await exports.get(export.member_id) is None
        assert await exports.part(export, 0) is None
        with pytest.raises(ConcurrentUpdate):
            await exports.save(export.took("", NOW))
        assert await exports.part(other, 0) == PART
        await exports.forget_parts(other)
        assert await exports.part(other, 0) is None
        assert await exports.get(other.member_id) == other


class TestInMemory(ExportsContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestInMongo(ExportsContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_what_is_due_is_found_through_an_index(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        early, late, done = an_export(), an_export(), an_export()
        for one in (early, late, done):
            await directory.exports(NETWORK).add(one)
        await directory.exports(NETWORK).save(late.postponed(NOW))
        for after in (first := done.took("", NOW), first.took("", NOW)):
            await directory.exports(NETWORK).save(after)
        due = MongoDueExports(database)
        assert await due.due(NOW, 9) == [early]
        assert await due.due(NOW + timedelta(hours=1), 9) == [early, late.postponed(NOW)]
        found = database.unscoped("exports").find({"due_at": {"$lte": NOW}})
        plan = await found.sort([("due_at", ASCENDING)]).explain()
        assert "IXSCAN" in str(plan)
