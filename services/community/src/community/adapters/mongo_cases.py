"""Crisis cases in the database: one document each, with its version and outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from common import outbox
from common.clock import epoch_millis
from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import ASCENDING, Collection, Document, DuplicateKeyError, IndexModel
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit
from kith.community.events.v1 import case_events_pb2 as events

from community.adapters.deeds import CHANGE_TOPIC
from community.application.ports import Taken
from community.domain.case import Case, CaseDeed, Kind, Outcome, Severity, State

CASE_TOPIC = "community.case.v1"
_SERVICE = "/kith.community.v1.CaseService/"
_STAGES = {
    State.OPEN: (events.CASE_STAGE_OPEN, _SERVICE + "OpenCase"),
    State.CLAIMED: (events.CASE_STAGE_CLAIMED, _SERVICE + "ClaimCase"),
    State.CLOSED: (events.CASE_STAGE_CLOSED, _SERVICE + "CloseCase"),
}
_CHANGED = {State.CLAIMED: ("claimed_by", "claimed_at"), State.CLOSED: ("outcome", "closed_at")}
INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("opened_by", ASCENDING), ("request_id", ASCENDING)],
        name="once", unique=True,
    ),
    IndexModel([("network_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="queue"),
    IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="page"),
    IndexModel([("network_id", ASCENDING), ("member_id", ASCENDING)], name="of_member"),
    IndexModel([("network_id", ASCENDING), ("claimed_by", ASCENDING)], name="of_claimant"),
    outbox.INDEX,
]  # fmt: skip


class MongoCases:
    """Implements ports_cases.Cases; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, case: Case, deed: CaseDeed) -> None:
        """See ports_cases.Cases."""
        waiting = outbox.fields(outgoing(self._collection.network_id, case, deed))
        try:
            await self._collection.insert_one({"_id": case.id, **_state(case), **waiting})
        except DuplicateKeyError as error:
            raise Taken from error
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def save(self, case: Case, deed: CaseDeed) -> None:
        """See ports_cases.Cases; who is told of has not been erased since the case was read."""
        before = {"_id": case.id, "version": case.version - 1, "member_id": case.member_id}
        events = list(outgoing(self._collection.network_id, case, deed))
        update = outbox.push(events, _changes(case))
        try:
            if await self._collection.update_one({**before, **outbox.ROOM}, update):
                return
        finally:  # also when nobody knows whether it was stored
            self._wake()
        if await self._collection.find_one(before, {"_id": 1}):
            raise Unavailable("too many changes of this case wait to be told; try again")
        raise ConcurrentUpdate("the case changed meanwhile; try again")

    async def get(self, id: UUID) -> Case | None:
        """See ports_cases.Cases."""
        return _case(await self._collection.find_one({"_id": id}))

    async def by_request(self, opened_by: UUID, request_id: str) -> Case | None:
        """See ports_cases.Cases."""
        wanted = {"opened_by": opened_by, "request_id": request_id}
        return _case(await self._collection.find_one(wanted))

    async def page(self, after: UUID | None, limit: int, state: State | None) -> Sequence[Case]:
        """See ports_cases.Cases."""
        wanted: Document = {"_id": {"$gt": after}} if after else {}
        if state is not None:
            wanted["state"] = state.value
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=limit)
        return [case for case in map(_case, found) if case]


def outgoing(network_id: UUID, case: Case, deed: CaseDeed) -> Iterator[Outgoing]:
    """The events of one write: that a case is there and how far it is, and who did that."""
    stage, action = _STAGES[case.state]
    at = _stamp(deed.at)
    changed = events.CaseChanged(
        network_id=str(network_id), case_id=str(case.id), member_id=str(case.member_id),
        stage=stage, version=case.version, change_time=at, open_time=_stamp(case.opened_at),
    )  # fmt: skip
    yield Outgoing(changed, CASE_TOPIC, case.id, case.version)
    done = audit.ChangeRecorded(
        network_id=str(network_id), actor_id=str(deed.by), subject_id=str(case.member_id),
        action=action, occur_time=at,
    )  # fmt: skip
    yield Outgoing(done, CHANGE_TOPIC, case.member_id, case.version)


def _changes(case: Case) -> Document:
    """What a change of a case writes: nothing that it leaves as it was, since whom that names may
    have been erased meanwhile."""
    state = _state(case)
    return {name: state[name] for name in ("state", "version", *_CHANGED[case.state])}


def _stamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)


def _state(case: Case) -> Document:
    return {
        "member_id": case.member_id, "kind": case.kind.value, "severity": case.severity.value,
        "state": case.state.value, "opened_by": case.opened_by, "request_id": case.request_id,
        "opened_at": case.opened_at, "claimed_by": case.claimed_by, "claimed_at": case.claimed_at,
        "outcome": case.outcome.value if case.outcome else None, "closed_at": case.closed_at,
        "version": case.version,
    }  # fmt: skip


def _case(document: dict[str, Any] | None) -> Case | None:
    if document is None:
        return None
    outcome = document["outcome"]
    return Case(
        document["_id"], document["member_id"], Kind(document["kind"]),
        Severity(document["severity"]), document["opened_by"], document["request_id"],
        document["opened_at"], document["claimed_by"], document["claimed_at"],
        Outcome(outcome) if outcome else None, document["closed_at"], document["version"],
    )  # fmt: skip
