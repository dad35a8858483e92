"""Enrollments in the database: state, version and outbox of one enrollment in one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from common import mongo, outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import DESCENDING, BulkWriteError, Document

from programs.adapters.deeds import ENROLL_MEMBERS, of_deed
from programs.adapters.events import outgoing
from programs.domain.enrollment import Enrollment, StepDone

_DUPLICATE = 11000
_NO_OUTBOX = {"outbox": 0, "outbox_at": 0, "outbox_last": 0}


class MongoEnrollments:
    """Implements ports.Enrollments; the unique index on cohort and member guards the seats."""

    def __init__(self, collection: mongo.Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(
        self, enrollments: Sequence[Enrollment], by: UUID | None = None
    ) -> Sequence[Enrollment]:
        """See ports.Enrollments."""
        refused: set[int] = set()
        try:
            documents = [self._document(enrollment, by) for enrollment in enrollments]
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            refused = _duplicates(error)
        finally:
            self._wake()
        return [
            await self._seat(enrollment) if index in refused else enrollment
            for index, enrollment in enumerate(enrollments)
        ]

    async def save(self, enrollment: Enrollment, event: StepDone) -> None:
        """See ports.Enrollments."""
        before = {"_id": enrollment.id, "version": enrollment.version - 1, **outbox.ROOM}
        events = outgoing(self._collection.network_id, enrollment, event)
        try:
            update = outbox.push(events, _state(enrollment))
            if not await self._collection.update_one(before, update):
                await self._why_not(enrollment)
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def get(self, id: UUID) -> Enrollment | None:
        """See ports.Enrollments."""
        document = await self._collection.find_one({"_id": id}, _NO_OUTBOX)
        return _enrollment(document) if document else None

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Enrollment]:
        """See ports.Enrollments."""
        wanted: Document = {"member_id": member_id}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        found = await self._collection.find(
            wanted, sort=[("_id", DESCENDING)], limit=size, projection=_NO_OUTBOX
        )
        return [_enrollment(document) for document in found]

    async def count(self, cohort_id: UUID) -> int:
        """See ports.Enrollments."""
        return await self._collection.count({"cohort_id": cohort_id})

    def _document(self, enrollment: Enrollment, by: UUID | None) -> Document:
        network_id, member_id = self._collection.network_id, enrollment.member_id
        events = list(outgoing(network_id, enrollment, enrollment.started()))
        if by is not None:
            events += of_deed(network_id, ENROLL_MEMBERS, by, enrollment.created_at, member_id)
        return {
            "_id": enrollment.id, "cohort_id": enrollment.cohort_id,
            "program_id": enrollment.program_id, "member_id": enrollment.member_id,
            "created_at": enrollment.created_at, **_state(enrollment), **outbox.fields(events),
        }  # fmt: skip

    async def _seat(self, wanted: Enrollment) -> Enrollment:
        """The enrollment that was there first."""
        document = await self._collection.find_one(
            {"cohort_id": wanted.cohort_id, "member_id": wanted.member_id}, _NO_OUTBOX
        )
        if document is None:
            raise ConcurrentUpdate("an enrollment went away meanwhile; try again")
        return _enrollment(document)

    async def _why_not(self, enrollment: Enrollment) -> None:
        current = await self.get(enrollment.id)
        if current is not None and current.version == enrollment.version - 1:
            raise Unavailable("too many events of this enrollment wait for the broker; try again")
        raise ConcurrentUpdate("the enrollment changed meanwhile; try again")


def _duplicates(error: BulkWriteError) -> set[int]:
    """Indexes of those whose seat is taken; any other failure is raised."""
    failures = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(
        failure.get("code") != _DUPLICATE for failure in failures
    ):
        raise error
    return {failure["index"] for failure in failures}


def _state(enrollment: Enrollment) -> Document:
    return {
        "done_step_ids": list(enrollment.done_step_ids), "completed": enrollment.completed,
        "version": enrollment.version,
    }  # fmt: skip


def _enrollment(document: Document) -> Enrollment:
    return Enrollment(
        id=document["_id"], cohort_id=document["cohort_id"], program_id=document["program_id"],
        member_id=document["member_id"], created_at=document["created_at"],
        done_step_ids=tuple(document["done_step_ids"]), completed=document["completed"],
        version=document["version"],
    )  # fmt: skip
