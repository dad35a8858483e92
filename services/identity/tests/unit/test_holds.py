"""Legal holds: who may place and lift what, what they do to an erasure, and what is told of them.
That an erasure never slips through beside one, test_erasure_machine.py sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from common.auth import Access
from common.errors import Forbidden, Invalid, Limited, NotFound
from common.ids import new_id
from common.testing.clock import FakeClock
from erasure.naming import hasher
from identity.adapters.deeds import DEEDS, of_done
from identity.application.advance_erasure import Advance
from identity.application.holds import Holding, Wanted
from identity.application.leave import Leaving
from identity.domain.deed import Deed, Done
from identity.domain.erasure import AllowReason, HoldReason, State
from identity.domain.errors import AccountNotFound, ErasureUnderWay
from identity.domain.hold import LONGEST, MOST, STOP, Hold, Holds
from identity.domain.role import Role
from identity.entrypoints.grpc_erasure import told
from kith.identity.v1 import erasure_pb2 as pb
from policy.authorize import authorize

from services.identity.tests.builders import NETWORK, NOW, a_caller, a_member
from services.identity.tests.fakes import FakeDirectory
from services.identity.tests.fakes_cases import FakeCaseNotes
from services.identity.tests.fakes_holds import FakeHolds

GRACE, MONTH = timedelta(days=7), timedelta(days=30)
FILE = "2026-17"


class World:
    """A member of a network, and those who hold what there is of her."""

    def __init__(self) -> None:
        self.directory, self.clock = FakeDirectory(), FakeClock(NOW)
        self.holding = Holding(self.directory, self.clock)
        self.leaving = Leaving(self.directory, self.clock, GRACE, hasher(b"holds"))
        self.member_id = new_id()
        self.admin = a_caller(Role.NETWORK_ADMIN)
        self.operator = a_caller(Role.PLATFORM_OPERATOR, network_id=new_id())

    async def begin(self) -> None:
        account, events = a_member()
        self.member_id = account.id
        await self.directory.accounts(NETWORK).add(account, events)

    def access(self, method: str, *, operator: bool = False) -> Access:
        caller = self.operator if operator else self.admin
        service = "ErasureService" if method.endswith("Erasure") else "HoldService"
        return Access(authorize, caller, f"/kith.identity.v1.{service}/{method}")

    def wanted(
        self, network_id: UUID | None = None, *, reference: str = FILE, ends: timedelta = MONTH,
        sealed: bool = False, member_id: UUID | None = None,
    ) -> Wanted:  # fmt: skip
        return Wanted(
            network_id, member_id or self.member_id, reference, HoldReason.LEGAL_ORDER,
            self.clock.now() + ends, sealed,
        )  # fmt: skip

    async def place(self, wanted: Wanted, *, operator: bool = False) -> None:
        await self.holding.place(self.access("PlaceHold", operator=operator), wanted)

    async def lift(
        self, network_id: UUID | None = None, *, operator: bool = False, reference: str = FILE
    ) -> None:
        access = self.access("LiftHold", operator=operator)
        await self.holding.lift(access, network_id, self.member_id, reference)

    async def ask(self) -> pb.Erasure:
        asked = await self.leaving.request(self.access("RequestErasure"), self.member_id)
        return told(asked)

    @property
    def told(self) -> list[Done]:
        return self.directory.holds(NETWORK).told


@pytest.fixture
async def world() -> World:
    made = World()
    await made.begin()
    return made


async def test_who_is_held_may_ask_and_is_told_that_she_waits_and_until_when(
    world: World,
) -> None:
    await world.place(world.wanted())
    asked = await world.ask()
    assert asked.state == pb.ERASURE_STATE_HELD
    assert asked.hold_reason == pb.HOLD_REASON_LEGAL_ORDER
    assert asked.hold_expire_time.ToDatetime(tzinfo=NOW.tzinfo) == NOW + MONTH
    assert asked.due_time.ToDatetime(tzinfo=NOW.tzinfo) == NOW + GRACE


async def test_what_was_asked_for_before_the_hold_waits_at_once_and_goes_on_when_it_is_lifted(
    world: World,
) -> None:
    assert (await world.ask()).state == pb.ERASURE_STATE_REQUESTED
    await world.place(world.wanted())
    erasure = world.directory.erasures(NETWORK).all[world.member_id]
    assert erasure.state is State.HELD
    await world.lift()
    erasure = world.directory.erasures(NETWORK).all[world.member_id]
    assert (erasure.state, erasure.due_at) == (State.REQUESTED, NOW + GRACE)


async def test_of_a_sealed_hold_she_is_told_nothing_until_it_is_lifted(world: World) -> None:
    await world.place(world.wanted(sealed=True))
    asked = await world.ask()
    free = World()
    await free.begin()
    plain = await free.ask()
    asked.erasure_id = plain.erasure_id = ""
    assert asked == plain
    assert [one.subject_id for one in world.told] == [None]
    await world.lift()
    assert [one.subject_id for one in world.told] == [None, world.member_id]


async def test_one_she_may_know_of_is_told_before_one_she_may_not(world: World) -> None:
    await world.place(world.wanted(sealed=True, reference="secret", ends=2 * MONTH))
    await world.place(world.wanted())
    asked = await world.ask()
    assert asked.hold_expire_time.ToDatetime(tzinfo=NOW.tzinfo) == NOW + MONTH
    await world.lift()
    erasure = world.directory.erasures(NETWORK).all[world.member_id]
    assert (erasure.state, erasure.hold_sealed) == (State.HELD, True)


async def test_the_same_reference_again_renews_it(world: World) -> None:
    await world.place(world.wanted())
    world.clock.advance(MONTH / 2)
    await world.place(world.wanted())
    world.clock.advance(MONTH / 2)
    (hold,) = world.directory.holds(NETWORK).all[world.member_id].all
    assert world.clock.now() < hold.ends_at == NOW + MONTH * 3 / 2


async def test_an_erasure_that_has_begun_is_not_held_and_nothing_is_written(world: World) -> None:
    await world.ask()
    erasures = world.directory.erasures(NETWORK)
    await erasures.save(erasures.all[world.member_id].close(NOW))
    with pytest.raises(ErasureUnderWay):
        await world.place(world.wanted())
    assert not world.directory.holds(NETWORK).all


class Interrupted(FakeHolds):
    """Lets something happen between a look at the holds and what follows from it."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def get(self, member_id: UUID) -> Holds:
        found = await super().get(member_id)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return found


async def test_a_hold_that_comes_while_an_erasure_begins_still_stops_it(world: World) -> None:
    holds = Interrupted(NETWORK)
    world.directory.put_holds(NETWORK, holds)
    await world.ask()
    world.clock.advance(GRACE)
    advance = Advance(
        world.directory, FakeCaseNotes(), world.clock, GRACE, (), hasher(b"holds"), lambda one: one,
        let_go,
    )  # fmt: skip
    holds.meanwhile = lambda: world.place(world.wanted())
    due = world.directory.erasures(NETWORK).all[world.member_id]
    for _ in range(2):
        await advance.step(due)
        due = world.directory.erasures(NETWORK).all[world.member_id]
        assert due.state is State.HELD
    world.clock.advance(MONTH)
    await advance.step(due)
    assert world.directory.erasures(NETWORK).all[world.member_id].state is State.CLOSED


async def let_go(member_id: UUID) -> None:
    raise AssertionError("nothing is finished here")


async def test_the_operator_holds_in_every_network_and_is_told_nothing(world: World) -> None:
    await world.place(world.wanted(NETWORK), operator=True)
    assert (await world.ask()).state == pb.ERASURE_STATE_HELD
    nobody, nowhere = world.wanted(NETWORK, member_id=new_id()), world.wanted(new_id())
    for wanted in (nobody, nowhere):
        await world.place(wanted, operator=True)
    erasures = world.directory.erasures(NETWORK)
    await erasures.save(erasures.all[world.member_id].close(NOW))
    await world.place(world.wanted(NETWORK, reference="late"), operator=True)


async def test_what_the_operator_placed_only_she_lifts(world: World) -> None:
    await world.place(world.wanted(NETWORK), operator=True)
    with pytest.raises(Forbidden):
        await world.lift()
    await world.lift(NETWORK, operator=True)
    assert not world.directory.holds(NETWORK).all[world.member_id].all


async def test_an_admin_holds_nobody_elsewhere_and_nobody_who_is_not_there(world: World) -> None:
    with pytest.raises(NotFound) as elsewhere:
        await world.place(world.wanted(new_id()))
    with pytest.raises(AccountNotFound) as nobody:
        await world.place(world.wanted(member_id=new_id()))
    assert elsewhere.value.message == nobody.value.message
    with pytest.raises(NotFound):
        await world.lift(new_id())


@pytest.mark.parametrize("reference", ["", "ada lovelace", ".hidden", "x" * 65, "a/b"])
async def test_a_reference_is_a_file_number(world: World, reference: str) -> None:
    with pytest.raises(Invalid):
        await world.place(world.wanted(reference=reference))


@pytest.mark.parametrize("ends", [timedelta(0), -MONTH, LONGEST + timedelta(seconds=1)])
async def test_a_hold_ends_some_time_within_a_year(world: World, ends: timedelta) -> None:
    with pytest.raises(Invalid):
        await world.place(world.wanted(ends=ends))


async def test_there_are_only_so_many_of_a_member(world: World) -> None:
    for number in range(MOST):
        await world.place(world.wanted(reference=f"file-{number}"))
    await world.place(world.wanted(reference="file-0"))
    with pytest.raises(Limited):
        await world.place(world.wanted())


async def test_a_stop_without_a_reference_ends_by_itself_and_lifts_nothing_else(
    world: World,
) -> None:
    await world.ask()
    hold, release = world.access("HoldErasure"), world.access("ReleaseErasure")
    stopped = await world.leaving.hold(hold, world.member_id, HoldReason.DISPUTE)
    assert (stopped.state, stopped.held_until) == (State.HELD, NOW + STOP)
    await world.place(world.wanted(ends=2 * MONTH))
    still = await world.leaving.release(release, world.member_id)
    assert (still.state, still.held_until) == (State.HELD, NOW + 2 * MONTH)
    deeds = [one.deed for one in world.told]
    assert deeds == [Deed.ERASURE_HELD, Deed.HOLD_PLACED, Deed.ERASURE_RELEASED]


def test_every_deed_names_an_rpc_and_is_told_without_a_word() -> None:
    assert DEEDS.keys() == set(Deed)
    by, whom = new_id(), new_id()
    for subject, key in ((whom, whom), (None, NETWORK)):
        (event,) = of_done(NETWORK, Done(Deed.HOLD_PLACED, by, NOW, subject), 3)
        assert (event.topic, event.key, event.sequence) == ("identity.change.v1", key, 3)
        fields = {name.name: value for name, value in event.message.ListFields()}
        assert fields["actor_id"] == str(by)
        assert fields.get("subject_id", "") == (str(subject) if subject else "")


def test_a_hold_is_in_force_until_the_moment_it_ends() -> None:
    hold = Hold(FILE, HoldReason.DISPUTE, NOW + MONTH, new_id(), NOW)
    holds = Holds(new_id(), NETWORK).place(hold)
    assert holds.in_force(NOW + MONTH - timedelta(milliseconds=1)) == hold
    assert holds.in_force(NOW + MONTH) is None


@pytest.mark.parametrize(
    "sealed, disclosed", [((True,), False), ((False,), True), ((True, False), True)]
)
async def test_a_look_at_sealed_holds_alone_is_not_hers_to_see(
    world: World, sealed: tuple[bool, ...], disclosed: bool
) -> None:
    for number, one in enumerate(sealed):
        await world.place(world.wanted(reference=f"file-{number}", sealed=one))
    assert world.directory.holds(NETWORK).all[world.member_id].disclosed is disclosed


async def test_two_who_use_the_same_reference_have_two_holds(world: World) -> None:
    """A file number is each one's own, and an operator does not know which the network uses."""
    await world.place(world.wanted())
    await world.place(world.wanted(NETWORK, ends=2 * MONTH, sealed=True), operator=True)
    await world.lift(NETWORK, operator=True)
    (left,) = world.directory.holds(NETWORK).all[world.member_id].all
    assert (left.from_platform, left.sealed, left.ends_at) == (False, False, NOW + MONTH)
    await world.place(world.wanted(NETWORK), operator=True)
    await world.place(world.wanted(ends=MONTH / 2))
    await world.lift()
    (left,) = world.directory.holds(NETWORK).all[world.member_id].all
    assert (left.from_platform, left.ends_at) == (True, NOW + MONTH)


async def test_how_many_an_operator_can_place_does_not_hint_at_the_networks_own(
    world: World,
) -> None:
    for number in range(MOST):
        await world.place(world.wanted(reference=f"own-{number}"))
    for number in range(MOST):
        await world.place(world.wanted(NETWORK, reference=f"platform-{number}"), operator=True)
    with pytest.raises(Limited):
        await world.place(world.wanted(NETWORK, reference="more"), operator=True)
    with pytest.raises(Limited):
        await world.place(world.wanted(reference="more"))


async def test_who_stops_an_erasure_ends_her_own_stop_and_no_hold_of_the_platform(
    world: World,
) -> None:
    await world.holding.stop(NETWORK, world.member_id, HoldReason.DISPUTE, world.admin.subject)
    await world.place(world.wanted(NETWORK), operator=True)
    await world.holding.release(NETWORK, world.member_id, world.admin.subject)
    (left,) = world.directory.holds(NETWORK).all[world.member_id].all
    assert left.from_platform


async def test_nobody_decides_about_holds_on_herself(world: World) -> None:
    """Or an admin who is under one would lift it, or renew it to end at once."""
    me = a_caller(Role.NETWORK_ADMIN, id=world.member_id)
    service = "/kith.identity.v1.HoldService/"
    await world.place(world.wanted())
    with pytest.raises(Forbidden):
        await world.holding.lift(
            Access(authorize, me, f"{service}LiftHold"), None, world.member_id, FILE
        )
    with pytest.raises(Forbidden):
        await world.holding.place(
            Access(authorize, me, f"{service}PlaceHold"), world.wanted(ends=timedelta(seconds=1))
        )
    await world.holding.stop(NETWORK, world.member_id, HoldReason.DISPUTE, world.admin.subject)
    with pytest.raises(Forbidden):
        await world.holding.release(NETWORK, world.member_id, world.member_id)
    assert len(world.directory.holds(NETWORK).all[world.member_id].all) == 2


async def test_nobody_lets_her_own_erasure_go_on_beside_a_case(world: World) -> None:
    await world.ask()
    me = a_caller(Role.NETWORK_ADMIN, id=world.member_id)
    access = Access(authorize, me, "/kith.identity.v1.ErasureService/AllowErasure")
    with pytest.raises(Forbidden):
        await world.leaving.allow(access, world.member_id, AllowReason.MISTAKE)
    allowing = world.access("AllowErasure")
    allowed = await world.leaving.allow(allowing, world.member_id, AllowReason.MISTAKE)
    assert allowed.allowed_at == NOW
