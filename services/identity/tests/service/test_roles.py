"""Roles over a real channel: given for a while, in tokens no longer than that, in the log once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from common.clock import epoch_millis
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import audit_service_pb2 as audit_api
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as accounts_api
from kith.identity.v1 import profile_pb2
from kith.identity.v1 import profile_service_pb2 as profile_api
from kith.identity.v1 import role_service_pb2 as api

from services.identity.tests.builders import NOW
from services.identity.tests.doors import Client, Door
from services.identity.tests.running import Surroundings
from services.identity.tests.service.test_running import running

DAY = timedelta(days=1)
TRAINING = profile_pb2.BADGE_KIND_MENTOR_TRAINING


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromMilliseconds(epoch_millis(at))
    return made


class Staff:
    """An admin of a network, and how she changes what others may do."""

    def __init__(self, door: Door, token: str) -> None:
        self.door, self.client, self.token = door, door.client, token

    async def grant(
        self, member_id: str, role: pb.Role.ValueType, ends: timedelta | None = None,
        reason: str = "she asked", token: str = "",
    ) -> api.MemberRoles:  # fmt: skip
        at = stamp(self.door.clock.now() + ends) if ends else None
        request = api.GrantRoleRequest(
            member_id=member_id, role=role, reason=reason, expire_time=at
        )
        used = token or self.token
        return (await call(self.client.roles.GrantRole, request, token=used)).roles

    async def revoke(
        self, member_id: str, role: pb.Role.ValueType, token: str = ""
    ) -> api.MemberRoles:
        request = api.RevokeRoleRequest(member_id=member_id, role=role)
        used = token or self.token
        return (await call(self.client.roles.RevokeRole, request, token=used)).roles

    async def award(self, member_id: str, days: int) -> api.MemberRoles:
        until = stamp(self.door.clock.now() + days * DAY)
        request = api.AwardBadgeRequest(member_id=member_id, kind=TRAINING, valid_until_time=until)
        return (await call(self.client.roles.AwardBadge, request, token=self.token)).roles

    async def withdraw(self, member_id: str) -> api.MemberRoles:
        request = api.WithdrawBadgeRequest(member_id=member_id, kind=TRAINING)
        return (await call(self.client.roles.WithdrawBadge, request, token=self.token)).roles

    async def roles(self, member_id: str, token: str = "") -> api.MemberRoles:
        request = api.GetRolesRequest(member_id=member_id)
        used = token or self.token
        return (await call(self.client.roles.GetRoles, request, token=used)).roles


@pytest.fixture
async def staff(door: Door) -> Staff:
    return Staff(door, await door.client.admin())


@pytest.fixture
async def ada(door: Door, staff: Staff) -> pb.Session:
    await door.client.member(staff.token)
    return await door.client.sign_in("ada@example.org")


def claims(session: pb.Session) -> tuple[list[str], float]:
    found = jwt.decode(session.access_token, options={"verify_signature": False})
    return found["roles"], found["exp"]


async def reason(attempt: Any) -> str:
    with pytest.raises(RemoteError) as refused:
        await attempt
    return refused.value.reason


async def test_a_role_is_in_tokens_until_it_ends_and_not_a_second_longer(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    given = await staff.grant(ada.member_id, pb.ROLE_MODERATOR, timedelta(minutes=15))
    assert list(given.roles) == [pb.ROLE_MEMBER, pb.ROLE_MODERATOR]
    ada = await door.client.refresh(ada)
    assert claims(ada) == (["member", "moderator"], NOW.timestamp() + 600)
    door.clock.advance(timedelta(minutes=10))
    ada = await door.client.refresh(ada)
    assert claims(ada) == (["member", "moderator"], NOW.timestamp() + 900)
    assert ada.expire_time.seconds == NOW.timestamp() + 900
    door.clock.advance(timedelta(minutes=5) - timedelta(milliseconds=500))
    ada = await door.client.refresh(ada)
    assert claims(ada)[0] == ["member"]
    again = await door.client.sign_in("ada@example.org")
    assert claims(again)[0] == ["member"]
    door.clock.advance(timedelta(seconds=1))
    staff.token = (await door.client.sign_in("admin@example.org")).access_token
    held = await staff.roles(ada.member_id)
    assert list(held.roles) == [pb.ROLE_MEMBER]
    assert [one.reason for one in held.grants] == ["she asked"]
    request = accounts_api.GetAccountRequest(member_id=ada.member_id)
    shown = await call(door.client.accounts.GetAccount, request, token=staff.token)
    assert list(shown.account.roles) == [pb.ROLE_MEMBER]


async def test_a_role_is_taken_at_the_next_refresh(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    for _ in range(2):
        await staff.grant(ada.member_id, pb.ROLE_CARE_TEAM)
    ada = await door.client.refresh(ada)
    assert "care_team" in claims(ada)[0]
    for _ in range(2):
        left = await staff.revoke(ada.member_id, pb.ROLE_CARE_TEAM)
        assert (list(left.roles), list(left.grants)) == ([pb.ROLE_MEMBER], [])
    assert claims(await door.client.refresh(ada))[0] == ["member"]
    assert await reason(staff.revoke(ada.member_id, pb.ROLE_MEMBER)) == "INVALID_ARGUMENT"


async def test_a_mentor_is_one_while_her_badge_is_valid_and_others_see_it(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    assert await reason(staff.grant(ada.member_id, pb.ROLE_MENTOR)) == "BADGE_NEEDED"
    badges = (await staff.award(ada.member_id, 30)).badges
    assert [one.valid_until_time for one in badges] == [stamp(NOW + 30 * DAY)]
    await staff.grant(ada.member_id, pb.ROLE_MENTOR)
    ada = await door.client.refresh(ada)
    assert claims(ada)[0] == ["member", "mentor"]
    ben = await door.client.member(staff.token, "ben")
    request = profile_api.GetProfileRequest(member_id=ada.member_id)
    seen = (await call(door.client.profiles.GetProfile, request, token=ben)).profile
    assert [(one.kind, one.valid_until_time) for one in seen.badges] == [
        (TRAINING, stamp(NOW + 30 * DAY))
    ]
    await staff.withdraw(ada.member_id)
    assert claims(await door.client.refresh(ada))[0] == ["member"]
    seen = (await call(door.client.profiles.GetProfile, request, token=ben)).profile
    assert list(seen.badges) == []


async def test_reasons_are_for_her_and_admins_and_who_looks_is_seen(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    await staff.grant(ada.member_id, pb.ROLE_MODERATOR, reason=" she is careful ")
    own = await staff.roles(ada.member_id, ada.access_token)
    assert [one.reason for one in own.grants] == ["she is careful"]
    ben = await door.client.member(staff.token, "ben")
    assert await reason(staff.roles(ada.member_id, ben)) == "FORBIDDEN"
    await staff.roles(ada.member_id)
    reply = await call(
        door.client.audit.ListAccesses, audit_api.ListAccessesRequest(), token=ada.access_token
    )
    assert [one.action.rpartition("/")[2] for one in reply.entries] == ["GetRoles"]


async def test_only_admins_change_roles_and_only_of_their_network(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    member = ada.access_token
    assert await reason(staff.grant(ada.member_id, pb.ROLE_MODERATOR, token=member)) == "FORBIDDEN"
    elsewhere = Staff(door, await door.client.admin("elsewhere"))
    for id in (ada.member_id, str(new_id())):
        for attempt in (
            elsewhere.grant(id, pb.ROLE_MODERATOR), elsewhere.revoke(id, pb.ROLE_MEMBER),
            elsewhere.award(id, 3), elsewhere.withdraw(id), elsewhere.roles(id),
        ):  # fmt: skip
            assert await reason(attempt) == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize(
    "request_",
    [
        api.GrantRoleRequest(role=pb.ROLE_MODERATOR),
        api.GrantRoleRequest(role=pb.ROLE_PLATFORM_OPERATOR, reason="power"),
        api.GrantRoleRequest(role=pb.ROLE_UNSPECIFIED, reason="none"),
        api.GrantRoleRequest(role=pb.ROLE_MODERATOR, reason="x" * 301),
        api.GrantRoleRequest(role=pb.ROLE_MODERATOR, reason="past", expire_time=stamp(NOW)),
    ],
)
async def test_what_cannot_be_given_is_refused(
    door: Door, staff: Staff, ada: pb.Session, request_: api.GrantRoleRequest
) -> None:
    request_.member_id = ada.member_id
    attempt = call(door.client.roles.GrantRole, request_, token=staff.token)
    assert await reason(attempt) == "INVALID_ARGUMENT"
    assert list((await staff.roles(ada.member_id)).roles) == [pb.ROLE_MEMBER]


async def test_of_admins_who_remove_each_other_at_once_one_stays(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    await staff.grant(ada.member_id, pb.ROLE_NETWORK_ADMIN)
    first = (await door.client.sign_in("admin@example.org")).member_id
    await staff.grant(first, pb.ROLE_MEMBER)  # so that another role than the admin's is left
    token = (await door.client.refresh(ada)).access_token
    attempts: Iterable[Any] = (
        staff.revoke(ada.member_id, pb.ROLE_NETWORK_ADMIN),
        staff.revoke(first, pb.ROLE_NETWORK_ADMIN, token),
    )
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [one.reason for one in outcomes if isinstance(one, RemoteError)]
    assert refused == ["LAST_ADMIN"]


async def test_a_change_of_roles_is_in_the_audit_log_once_without_its_reason(
    surroundings: Surroundings,
) -> None:
    async with running(surroundings) as (_, client, _):
        admin = await client.admin()
        await client.member(admin)
        ada = await client.sign_in("ada@example.org")
        request = api.GrantRoleRequest(
            member_id=ada.member_id, role=pb.ROLE_MODERATOR, reason="secret reason"
        )
        for _ in range(2):
            await call(client.roles.GrantRole, request, token=admin)
        revoke = api.RevokeRoleRequest(member_id=ada.member_id, role=pb.ROLE_MODERATOR)
        await call(client.roles.RevokeRole, revoke, token=admin)
        actions = [("admin", "RevokeRole"), ("admin", "GrantRole")]
        await until(lambda: _told(client, ada, actions))
        records = await surroundings.records("identity.change.v1", 4)  # the network and an invite
    for told in records:
        assert b"secret" not in told.key + told.value + str(told.headers).encode()


async def test_a_change_of_roles_can_be_bound_to_what_was_seen(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    seen = await staff.grant(ada.member_id, pb.ROLE_MODERATOR)
    await door.client.sign_in("ada@example.org")  # is no change of her roles
    bound: Any = {"member_id": ada.member_id, "versions": [seen.version]}
    give = api.GrantRoleRequest(role=pb.ROLE_CARE_TEAM, reason="she asked", **bound)
    first = await call(door.client.roles.GrantRole, give, token=staff.token)
    assert first.roles.version != seen.version
    assert await call(door.client.roles.GrantRole, give, token=staff.token) == first
    badge_until = stamp(NOW + 9 * DAY)
    attempts: Iterable[Any] = (
        (door.client.roles.RevokeRole, api.RevokeRoleRequest(role=pb.ROLE_MODERATOR, **bound)),
        (door.client.roles.AwardBadge,
         api.AwardBadgeRequest(kind=TRAINING, valid_until_time=badge_until, **bound)),
        (door.client.accounts.UpdateRoles,
         accounts_api.UpdateRolesRequest(roles=[pb.ROLE_MEMBER], **bound)),
    )  # fmt: skip
    for method, late in attempts:
        assert await reason(call(method, late, token=staff.token)) == "VERSION_MISMATCH"
    assert await staff.grant(ada.member_id, pb.ROLE_CARE_TEAM) == first.roles


async def test_roles_that_end_by_themselves_are_another_version(
    door: Door, staff: Staff, ada: pb.Session
) -> None:
    seen = await staff.grant(ada.member_id, pb.ROLE_MODERATOR, timedelta(minutes=1))
    door.clock.advance(timedelta(minutes=1))
    late = api.RevokeRoleRequest(
        member_id=ada.member_id, role=pb.ROLE_MODERATOR, versions=[seen.version]
    )
    attempt = call(door.client.roles.RevokeRole, late, token=staff.token)
    assert await reason(attempt) == "VERSION_MISMATCH"


async def _told(client: Client, ada: pb.Session, expected: list[tuple[str, str]]) -> bool:
    reply = await call(
        client.audit.ListAccesses, audit_api.ListAccessesRequest(), token=ada.access_token
    )
    found = [(one.actor_handle, one.action.rpartition("/")[2]) for one in reply.entries]
    assert len(found) <= len(expected)
    return found == expected
