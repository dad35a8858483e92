"""What ought to come of a log, and whether it did, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from common.errors import DomainError
from common.grpc_client import call
from common.testing.poll import until
from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2 as api
from signals.adapters.records import read
from signals.domain.codec import encode
from signals.domain.days import ClosedDay
from signals.domain.state import Consent, MemberState
from signals.domain.take import take

from services.signals.tests.builders import ACTIVITY, DAY, NETWORK, PARAMETERS, START, STATES, stamp
from services.signals.tests.doors import Stub, course_of, signal_of
from services.signals.tests.worlds import World

END = START + 200 * DAY


@dataclass
class Expected:
    """What the model alone makes of a log, undisturbed."""

    states: dict[UUID, MemberState] = field(default_factory=dict)
    days: dict[UUID, dict[int, ClosedDay]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[Any]) -> Expected:
        expected = cls()
        for record in records:
            found = read(record)
            if found is not None:
                member = UUID(found.member_id)
                taken = take(expected.states.get(member), found.activity, record.offset, PARAMETERS)
                expected.states[member] = taken.state
                days = expected.days.setdefault(member, {})
                if taken.changed and taken.state.consent is not Consent.GRANTED:
                    days.clear()
                days |= {day.day: day for day in taken.closed}
        return expected

    @property
    def stored(self) -> dict[bytes, bytes]:
        """The last state of each member in the changelog."""
        return {str(member).encode(): encode(state) for member, state in self.states.items()}

    def granted(self) -> Iterator[tuple[UUID, MemberState]]:
        """Those of whom there is a signal."""
        for member, state in self.states.items():
            if state.consent is Consent.GRANTED:
                yield member, state

    @property
    def taken(self) -> int:
        return sum(state.taken for _, state in self.granted())


def staff(world: World, network_id: UUID = NETWORK) -> str:
    return world.issuer.token(UUID(int=99), network_id, "care_team")


async def progress(stub: Stub, world: World) -> api.GetProgressResponse:
    return await call(stub.GetProgress, api.GetProgressRequest(), token=staff(world))


async def settles(world: World, stub: Stub) -> Expected:
    """What the log amounts to, once everything of it can be read."""
    expected = Expected.of(await world.records(ACTIVITY))
    count = sum(1 for _ in expected.granted())

    async def all_there() -> bool:
        found = await progress(stub, world)
        if (found.member_count, found.activity_count) != (count, expected.taken):
            return False
        for member, state in expected.granted():
            if await one(stub, world, member) != signal_of(member, state, END):
                return False
        return await _last_states(world) == expected.stored

    await until(all_there)
    return expected


async def one(stub: Stub, world: World, member_id: UUID) -> pb.MemberSignal:
    """A member's signal for the end of time."""
    request = api.GetMemberSignalRequest(member_id=str(member_id), as_of_time=stamp(END))
    return (await call(stub.GetMemberSignal, request, token=staff(world))).signal


async def is_exact(world: World, stub: Stub, expected: Expected) -> None:
    """Every door and the changelog say what the model says."""
    token = staff(world)
    for member, state in expected.states.items():
        if state.consent is not Consent.GRANTED:
            with pytest.raises(DomainError, match="no signal"):
                await one(stub, world, member)
            continue
        assert await one(stub, world, member) == signal_of(member, state, END)
        course = api.ListCoursePointsRequest(member_id=str(member), page_size=1000)
        days = expected.days[member]
        assert list((await call(stub.ListCoursePoints, course, token=token)).points) == course_of(
            days[day] for day in sorted(days)
        )
    assert await _last_states(world) == expected.stored


async def _last_states(world: World) -> dict[bytes | None, bytes | None]:
    """What a restart begins with: the last of each member in the changelog."""
    return {record.key: record.value for record in await world.records(STATES)}
