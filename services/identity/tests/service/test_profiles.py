"""Profiles: one contract for fake and database, and what whom is shown over a real channel."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate, RemoteError
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.field_mask_pb2 import FieldMask
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Directory
from identity.application.ports_ties import Pair, Place, Tie
from identity.domain.profile import Change, Field, Profile, Visibility
from kith.identity.v1 import audit_service_pb2 as audit_api
from kith.identity.v1 import identity_pb2
from kith.identity.v1 import profile_pb2 as pb
from kith.identity.v1 import profile_service_pb2 as api

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.doors import Client, Door, opened
from services.identity.tests.fakes import FakeDirectory
from services.identity.tests.fakes_profile import FakeCloseness

INSPECT = "/kith.identity.v1.ProfileService/InspectProfile"
FIRST = Profile.empty(new_id(), NETWORK).update(
    Change(1, {Field.OFFERS: ("a walk", "tea")}, {Field.STAGE: Visibility.CIRCLES}), 0, NOW
)


class Contract:
    """What every implementation of ports_profile.Profiles and Handles does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    async def test_a_profile_comes_back_as_it_was_saved_until_it_is_removed(
        self, kept: Directory
    ) -> None:
        profiles = kept.profiles(NETWORK)
        assert await profiles.get(FIRST.member_id) is None
        await profiles.save(FIRST)
        second = FIRST.update(Change(2), 1, NOW)
        await profiles.save(second)
        assert await profiles.get(FIRST.member_id) == second
        assert await kept.profiles(new_id()).get(FIRST.member_id) is None
        await kept.profiles(new_id()).remove(FIRST.member_id)
        await profiles.remove(new_id())
        assert await profiles.get(FIRST.member_id) == second
        await profiles.remove(FIRST.member_id)
        assert await profiles.get(FIRST.member_id) is None

    async def test_a_profile_changes_one_version_at_a_time(self, kept: Directory) -> None:
        profiles = kept.profiles(NETWORK)
        await profiles.save(FIRST)
        for stale in (FIRST, replace(FIRST, version=3)):
            with pytest.raises(ConcurrentUpdate):
                await profiles.save(stale)
        await profiles.remove(FIRST.member_id)
        with pytest.raises(ConcurrentUpdate):
            await profiles.save(replace(FIRST, version=2))

    async def test_a_handle_is_taken_however_it_is_written(self, kept: Directory) -> None:
        await kept.accounts(NETWORK).add(*a_member("Quiet-Otter"))
        asked = ["quiet-otter", "amber-kite"]
        assert await kept.handles(NETWORK).taken(asked) == {"quiet-otter"}
        assert await kept.handles(new_id()).taken(asked) == set()


class TestFake(Contract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory


async def update(client: Client, token: str, version: int = 0, **said: Any) -> pb.Profile:
    """Say something about oneself; `visibility_x` shows x."""
    shown = {
        name.removeprefix("visibility_"): said.pop(name)
        for name in list(said)
        if name.startswith("visibility_")
    }
    request = api.UpdateProfileRequest(
        profile=pb.Profile(**said, visibility=pb.ProfileVisibility(**shown)), version=version,
        update_mask=FieldMask(paths=[*said, *(f"visibility.{name}" for name in shown)]),
    )  # fmt: skip
    return (await call(client.profiles.UpdateProfile, request, token=token)).profile


async def read(client: Client, token: str, member_id: str = "") -> pb.Profile:
    request = api.GetProfileRequest(member_id=member_id)
    return (await call(client.profiles.GetProfile, request, token=token)).profile


async def inspect(client: Client, token: str, member_id: str) -> pb.Profile:
    request = api.InspectProfileRequest(member_id=member_id)
    return (await call(client.profiles.InspectProfile, request, token=token)).profile


async def reason(attempt: Any) -> str:
    with pytest.raises(RemoteError) as refused:
        await attempt
    return refused.value.reason


class Ada:
    """A member who says something to everybody each, and Ben, who reads it."""

    def __init__(self, client: Client, admin: str, token: str, ben: str) -> None:
        self.client, self.admin, self.token, self.ben = client, admin, token, ben
        self.id = ""

    @classmethod
    async def come(cls, client: Client) -> Ada:
        admin = await client.admin()
        ada = cls(client, admin, await client.member(admin), await client.member(admin, "ben"))
        said = await update(
            client, ada.token, avatar=7, pronouns="she/her", languages=["DE", "en"],
            time_zone="Europe/Berlin", lives_with=["lupus"], stage="two years in",
            offers=["a walk"], needs=["sleep"], interests=["cello"],
            visibility_pronouns=pb.VISIBILITY_NETWORK, visibility_offers=pb.VISIBILITY_CIRCLES,
            visibility_needs=pb.VISIBILITY_CONNECTIONS,
        )  # fmt: skip
        ada.id = said.member_id
        return ada


@pytest.fixture
async def ada(door: Door) -> Ada:
    return await Ada.come(door.client)


async def test_she_reads_all_that_she_said(ada: Ada) -> None:
    own = await read(ada.client, ada.token)
    assert own == await read(ada.client, ada.token, ada.id)
    assert own == await inspect(ada.client, ada.token, ada.id)
    assert (own.handle, own.avatar, own.version) == ("ada", 7, 1)
    assert list(own.languages) == ["de", "en"]
    assert own.visibility.needs == pb.VISIBILITY_CONNECTIONS
    assert own.visibility.stage == pb.VISIBILITY_ONLY_ME


@pytest.mark.parametrize(
    "ties, seen",
    [((), {"pronouns"}), (("circle",), {"pronouns", "offers"}),
     (("connected",), {"pronouns", "offers", "needs"})],
)  # fmt: skip
async def test_others_see_what_she_shows_them_and_no_trace_of_the_rest(
    directory: MongoDirectory, ties: tuple[str, ...], seen: set[str]
) -> None:
    async with opened(directory, closeness=FakeCloseness(*ties)) as door:
        ada = await Ada.come(door.client)
        shown = await read(ada.client, ada.ben, ada.id)
        told = {field.name for field, _ in shown.ListFields()}
        assert told == {"member_id", "handle", "avatar"} | seen


async def test_what_is_for_the_close_is_shown_while_they_are(
    ada: Ada, directory: MongoDirectory
) -> None:
    network_id, ben = await who(ada, "ben@example.org")
    ties, circle = directory.ties(network_id), new_id()

    async def shown_to(token: str) -> tuple[list[str], list[str]]:
        shown = await read(ada.client, token, ada.id)
        return list(shown.offers), list(shown.needs)

    assert await shown_to(ada.ben) == ([], [])
    await ties.take_place(Place(circle, UUID(ada.id)), Tie(True, NOW, 1))
    assert await shown_to(ada.ben) == ([], [])
    await ties.take_place(Place(circle, ben), Tie(True, NOW, 1))
    assert await shown_to(ada.ben) == (["a walk"], [])
    await ties.take_pair(Pair(ben, UUID(ada.id)), Tie(True, NOW, 2))
    assert await shown_to(ada.ben) == (["a walk"], ["sleep"])
    assert await shown_to(ada.admin) == ([], [])  # as a reader she is a member like any
    await ties.take_place(Place(circle, ben), Tie(False, NOW, 2))
    await ties.take_pair(Pair(ben, UUID(ada.id)), Tie(False, NOW, 3))
    assert await shown_to(ada.ben) == ([], [])


async def who(ada: Ada, email: str) -> tuple[UUID, UUID]:
    """The network and id of somebody."""
    session = await ada.client.sign_in(email)
    return UUID(session.network_id), UUID(session.member_id)


async def test_an_admin_may_look_at_all_but_only_me_and_she_sees_that_it_was_done(
    ada: Ada,
) -> None:
    looked = await inspect(ada.client, ada.admin, ada.id)
    assert (list(looked.offers), list(looked.needs)) == (["a walk"], ["sleep"])
    assert (looked.stage, list(looked.lives_with)) == ("", [])
    assert not looked.HasField("visibility")
    await read(ada.client, ada.ben, ada.id)
    reply = await call(
        ada.client.audit.ListAccesses, audit_api.ListAccessesRequest(), token=ada.token
    )
    assert [(one.action, one.actor_handle) for one in reply.entries] == [(INSPECT, "admin")]
    assert await reason(inspect(ada.client, ada.ben, ada.id)) == "FORBIDDEN"


async def test_of_other_networks_and_of_nobody_it_is_told_the_same(ada: Ada) -> None:
    elsewhere = await ada.client.admin("elsewhere")
    for member_id in (ada.id, str(new_id())):
        for ask in (read, inspect):
            assert await reason(ask(ada.client, elsewhere, member_id)) == "ACCOUNT_NOT_FOUND"


async def test_who_does_not_live_in_the_network_has_no_profile(ada: Ada) -> None:
    operator = await ada.client.operator()
    assert await reason(read(ada.client, operator)) == "FORBIDDEN"
    assert await reason(update(ada.client, operator, avatar=3)) == "FORBIDDEN"


async def test_nothing_half_written_by_a_bad_update(ada: Ada) -> None:
    before = await read(ada.client, ada.token)
    for said in (
        {"stage": "later", "time_zone": "Nowhere"}, {"avatar": 48}, {"handle": "eve"},
        {"offers": ["x"] * 11}, {"visibility_stage": pb.VISIBILITY_UNSPECIFIED},
    ):  # fmt: skip
        assert await reason(update(ada.client, ada.token, 1, **said)) == "INVALID_ARGUMENT"
    assert await reason(update(ada.client, ada.token, 0, stage="later")) == "PROFILE_CHANGED"
    assert await read(ada.client, ada.token) == before


async def test_of_updates_at_once_one_is_first_and_the_others_read_again(ada: Ada) -> None:
    stages = [f"week {number}" for number in range(6)]
    outcomes = await asyncio.gather(
        *(update(ada.client, ada.token, 1, stage=stage) for stage in stages),
        return_exceptions=True,
    )
    [won] = [one for one in outcomes if isinstance(one, pb.Profile)]
    lost = [one.reason for one in outcomes if isinstance(one, RemoteError)]
    assert lost == ["PROFILE_CHANGED"] * 5
    assert await read(ada.client, ada.token) == won


async def test_a_closed_account_is_shown_to_nobody_and_changes_nothing(
    ada: Ada, directory: MongoDirectory, door: Door
) -> None:
    network_id = (await door.client.sign_in("ada@example.org")).network_id
    accounts = directory.accounts(UUID(network_id))
    account = await accounts.get(UUID(ada.id))
    assert account
    await accounts.save(*account.close(door.clock.now()))
    assert await reason(read(ada.client, ada.ben, ada.id)) == "ACCOUNT_NOT_FOUND"
    assert await reason(update(ada.client, ada.token, 1, stage="gone")) == "UNAUTHENTICATED"


@pytest.fixture
async def code(door: Door) -> str:
    admin = await door.client.admin()
    return await door.client.invite(admin, roles=[identity_pb2.ROLE_MEMBER])


async def test_handles_are_offered_to_who_holds_an_invite(door: Door, code: str) -> None:
    async def ask(code: str) -> list[str]:
        request = api.SuggestHandlesRequest(invite_code=code)
        return list((await call(door.client.profiles.SuggestHandles, request)).handles)

    handles = await ask(code)
    assert len(set(handles)) == 5
    await door.client.register(code, handles[0])
    assert await reason(ask("nonsense")) == "INVITE_INVALID"
    assert await reason(ask(code[:-2] + "AA")) == "INVITE_INVALID"
