"""One contract for devices, held by the fake and by the database alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_devices import LATEST_FIRST
from identity.application.ports import Devices, Directory
from identity.domain.account import Account

from services.identity.tests.builders import NETWORK, NOW, a_device, a_member
from services.identity.tests.fakes import FakeDirectory

ADA, BEA = a_member("ada")[0], a_member("bea")[0]


class DevicesContract:
    """What every implementation of ports.Devices does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    @pytest.fixture
    def devices(self, kept: Directory) -> Devices:
        return kept.devices(NETWORK)

    async def test_a_device_comes_back_as_it_was_stored_and_saved(self, devices: Devices) -> None:
        device, token = a_device(ADA)
        await devices.add(device)
        assert await devices.get(device.id) == device
        changed, _ = device.exchange(token, "q", b"s" * 32, NOW + timedelta(minutes=9))
        await devices.save(changed)
        assert await devices.get(device.id) == changed

    async def test_a_device_changes_one_version_at_a_time(self, devices: Devices) -> None:
        device, token = a_device(ADA)
        await devices.add(device)
        changed, _ = device.exchange(token, "q", b"s" * 32, NOW)
        await devices.save(changed)
        with pytest.raises(ConcurrentUpdate):
            await devices.save(changed)
        await devices.remove(ADA.id, [device.id])
        with pytest.raises(ConcurrentUpdate):
            await devices.save(replace(changed, version=changed.version + 1))
        assert await devices.get(device.id) is None

    async def test_those_of_a_member_come_the_one_last_used_first(self, devices: Devices) -> None:
        made = [a_device(ADA, at=NOW + timedelta(minutes=number))[0] for number in (2, 0, 3, 1)]
        made.append(a_device(ADA, at=NOW)[0])
        for device in [*made, a_device(BEA)[0]]:
            await devices.add(device)
        expected = sorted(made, key=lambda one: (one.used_at, one.id), reverse=True)
        assert list(await devices.of(ADA.id)) == expected

    async def test_only_the_members_own_are_removed(self, devices: Devices) -> None:
        hers, others = a_device(ADA)[0], a_device(BEA)[0]
        await devices.add(hers)
        await devices.add(others)
        await devices.remove(ADA.id, [others.id, new_id()])
        assert await devices.get(others.id) == others
        await devices.remove_all(BEA.id)
        await devices.remove_all(BEA.id)
        assert await devices.get(others.id) is None
        assert await devices.get(hers.id) == hers

    async def test_nothing_is_seen_from_another_network(
        self, kept: Directory, devices: Devices
    ) -> None:
        device, token = a_device(ADA)
        await devices.add(device)
        elsewhere = kept.devices(new_id())
        assert await elsewhere.get(device.id) is None
        assert await elsewhere.of(ADA.id) == []
        await elsewhere.remove(ADA.id, [device.id])
        await elsewhere.remove_all(ADA.id)
        with pytest.raises(ConcurrentUpdate):
            await elsewhere.save(device.exchange(token, "q", b"s" * 32, NOW)[0])
        assert await devices.get(device.id) == device


class TestFake(DevicesContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongo(DevicesContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_no_token_is_in_the_database_and_what_is_old_goes_by_itself(
        self, devices: Devices, database: Database
    ) -> None:
        device, token = a_device(ADA)
        await devices.add(device)
        changed, following = device.exchange(token, "q", b"s" * 32, NOW)
        await devices.save(changed)
        document = await database.unscoped("devices").find_one({})
        assert document
        for secret in (token.family, token.secret, following.secret):
            assert secret.hex() not in str(_hexed(document))
        assert document["expires_at"] == changed.expires_at
        indexes = await database.unscoped("devices").index_information()
        assert indexes["expired"]["expireAfterSeconds"] == 0

    async def test_every_hot_query_walks_an_index(
        self, devices: Devices, database: Database
    ) -> None:
        accounts: list[Account] = [a_member(f"m-{number}")[0] for number in range(20)]
        for account in accounts:
            await devices.add(a_device(account)[0])
        collection = database.collection("devices", NETWORK)
        for plan in (
            await collection.plan({"member_id": accounts[0].id}, LATEST_FIRST),
            await collection.plan({"_id": new_id()}, [("_id", 1)]),
        ):
            assert "IXSCAN" in str(plan)
            assert "COLLSCAN" not in str(plan)


def _hexed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _hexed(item) for key, item in value.items()}
    return value.hex() if isinstance(value, bytes) else value
