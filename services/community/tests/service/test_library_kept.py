"""The library: one contract for the fake and the database, what is told of each write, and what
becomes of it when who added something leaves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from common.ids import new_id
from common.mongo import Database
from community.adapters.deeds import of_resource
from community.adapters.erasing import steps
from community.adapters.exporting import KINDS
from community.adapters.mongo import MongoNetworks
from community.application.ports import Networks, Resources, Taken
from community.domain.resource import Kind
from erasure.steps import Leaving
from export.kinds import Whose
from kith.audit.events.v1 import audit_events_pb2 as audit

from services.community.tests.builders import NETWORK, NOW, OTHER_NETWORK
from services.community.tests.builders_resources import URL, a_resource
from services.community.tests.fakes import FakeNetworks

GRACE = new_id()


class ResourcesContract:
    """What every implementation of the port does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def resources(self, kept: Networks) -> Resources:
        return kept.of(NETWORK).resources

    async def test_every_state_comes_back_as_it_was_stored(self, resources: Resources) -> None:
        for kind in Kind:
            made = a_resource(kind=kind)
            await resources.add(made)
            assert await resources.get(made.id) == made
        withdrawn = made.withdraw(NOW)
        await resources.save(withdrawn, GRACE)
        assert await resources.get(made.id) == withdrawn
        assert await resources.get(new_id()) is None

    async def test_a_request_makes_one(self, resources: Resources) -> None:
        made = a_resource(GRACE)
        await resources.add(made)
        again = replace(a_resource(GRACE), request_id=made.request_id)
        with pytest.raises(Taken):
            await resources.add(again)
        await resources.add(replace(again, added_by=new_id()))
        assert await resources.by_request(GRACE, made.request_id) == made
        assert await resources.by_request(GRACE, "another") is None
        assert await resources.by_request(new_id(), made.request_id) is None

    async def test_whoever_is_late_is_refused(self, resources: Resources) -> None:
        made = a_resource()
        await resources.add(made)
        await resources.save(made.withdraw(NOW), GRACE)
        with pytest.raises(Taken):
            await resources.save(made.withdraw(NOW), GRACE)
        with pytest.raises(Taken):
            await resources.save(a_resource().withdraw(NOW), GRACE)

    async def test_a_page_holds_the_newest_of_a_kind_that_are_listed(
        self, resources: Resources
    ) -> None:
        kinds = [Kind.VIDEO, Kind.ARTICLE, Kind.VIDEO, Kind.VIDEO]
        made = [a_resource(kind=kind) for kind in kinds]
        for one in made:
            await resources.add(one)
        assert list(await resources.page(None, 3, None)) == made[:0:-1]
        assert list(await resources.page(made[2].id, 9, None)) == [made[1], made[0]]
        assert list(await resources.page(None, 2, Kind.VIDEO)) == [made[3], made[2]]
        assert list(await resources.page(made[2].id, 2, Kind.VIDEO)) == [made[0]]
        await resources.save(made[2].withdraw(NOW), GRACE)
        assert list(await resources.page(None, 9, Kind.VIDEO)) == [made[3], made[0]]
        assert list(await resources.page(None, 9, None)) == [made[3], made[1], made[0]]

    async def test_they_are_had_by_their_ids(self, resources: Resources) -> None:
        made = [a_resource() for _ in range(3)]
        for one in made:
            await resources.add(one)
        found = await resources.get_all([made[2].id, new_id(), made[0].id])
        assert sorted(found, key=lambda one: one.id) == [made[0], made[2]]
        assert list(await resources.get_all([])) == []

    async def test_another_networks_are_not_there(
        self, kept: Networks, resources: Resources
    ) -> None:
        made, elsewhere = a_resource(GRACE), kept.of(OTHER_NETWORK).resources
        await resources.add(made)
        assert await elsewhere.get(made.id) is None
        assert list(await elsewhere.get_all([made.id])) == []
        assert list(await elsewhere.page(None, 9, None)) == []
        assert await elsewhere.by_request(GRACE, made.request_id) is None
        with pytest.raises(Taken):
            await elsewhere.save(made.withdraw(NOW), GRACE)


class TestInMemory(ResourcesContract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestInMongo(ResourcesContract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks


def test_each_write_tells_who_did_it_and_nothing_of_what_it_is() -> None:
    made = a_resource()
    for one, by, method, version in (
        (made, made.added_by, "CreateResource", 1),
        (made.withdraw(NOW), GRACE, "WithdrawResource", 2),
    ):
        [done] = of_resource(NETWORK, one, by)
        assert (done.topic, done.key, done.sequence) == ("community.change.v1", NETWORK, version)
        assert isinstance(done.message, audit.ChangeRecorded)
        assert (done.message.actor_id, done.message.subject_id) == (str(by), "")
        assert done.message.action == f"/kith.community.v1.ResourceService/{method}"
        assert URL.encode() not in done.message.SerializeToString()


async def nowhere(topic: str, key: UUID) -> None:
    """No compacted topic keeps anything of resources."""


async def test_what_she_added_stays_and_who_added_it_is_forgotten(
    networks: MongoNetworks, database: Database
) -> None:
    resources, leaving = networks.of(NETWORK).resources, Leaving(NETWORK, GRACE, new_id())
    made, gone, others = a_resource(GRACE), a_resource(GRACE), a_resource()
    for one in (made, gone, others):
        await resources.add(one)
    await resources.save(gone.withdraw(NOW), GRACE)
    [kind] = [kind for kind in KINDS if kind.name == "resources"]
    told, _ = await kind.page(database, Whose(NETWORK, GRACE), "")
    assert [(one["resourceId"], one["state"]) for one in told] == [
        (str(made.id), "listed"), (str(gone.id), "withdrawn"),
    ]  # fmt: skip
    [step] = [step for step in steps(nowhere) if step.kind == "resources"]
    assert (await step.count(database, leaving)).anonymised == 2
    for _ in range(2):
        await step.apply(database, leaving)
    assert (await step.count(database, leaving)).anonymised == 0
    raw = [one async for one in database.unscoped("resources").find({}, {"outbox": 0})]
    assert len(raw) == 3
    assert all(GRACE not in one.values() for one in raw)
    assert {one["request_id"] for one in raw} == {str(made.id), str(gone.id), others.request_id}
    kept = await resources.get(made.id)
    assert kept
    assert (kept.title, kept.url, kept.listed) == (made.title, made.url, True)
    assert await kind.page(database, Whose(NETWORK, GRACE), "") == ([], "")


async def test_withdrawing_does_not_bring_back_who_was_erased_meanwhile(
    networks: MongoNetworks, database: Database
) -> None:
    resources, leaving = networks.of(NETWORK).resources, Leaving(NETWORK, GRACE, new_id())
    await resources.add(made := a_resource(GRACE))
    [step] = [step for step in steps(nowhere) if step.kind == "resources"]
    await step.apply(database, leaving)
    await resources.save(made.withdraw(NOW), new_id())
    kept = await resources.get(made.id)
    assert kept
    assert (kept.listed, kept.added_by, kept.request_id) == (
        False, leaving.stand_in, str(made.id),
    )  # fmt: skip
