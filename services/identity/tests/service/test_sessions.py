"""Staying signed in and signing out, over a real channel."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from identity.domain.device import IDLE_LIFE, MAX_DEVICES
from kith.identity.v1 import audit_service_pb2 as audit
from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from services.identity.tests.doors import Client, Door

ADA = "ada@example.org"


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


@pytest.fixture
async def admin(client: Client) -> str:
    return await client.admin()


@pytest.fixture
async def ada(client: Client, admin: str) -> pb.Session:
    await client.register(await client.invite(admin), "ada")
    return await client.sign_in(ADA, label="Phone")


async def refused(client: Client, session: pb.Session, request_id: str = "") -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await client.refresh(session, request_id)
    return error.value


async def own_account(client: Client, session: pb.Session) -> pb.Account:
    reply = await call(
        client.accounts.GetAccount, api.GetAccountRequest(), token=session.access_token
    )
    return reply.account


async def test_a_sign_in_is_a_device_with_tokens_of_its_own(
    client: Client, ada: pb.Session
) -> None:
    other = await client.sign_in(ADA, label="Laptop")
    assert ada.session_id != other.session_id
    assert ada.refresh_token != other.refresh_token
    found = await client.devices_of(other)
    assert [(one.session_id, one.label, one.current) for one in found] == [
        (other.session_id, "Laptop", True), (ada.session_id, "Phone", False),
    ]  # fmt: skip
    assert found[0].expire_time.seconds - found[0].create_time.seconds == IDLE_LIFE.total_seconds()
    assert other.refresh_expire_time == found[0].expire_time


async def test_new_tokens_work_and_the_device_stays_the_same(
    client: Client, door: Door, ada: pb.Session
) -> None:
    door.clock.advance(timedelta(minutes=11))
    refreshed = await client.refresh(ada)
    assert (refreshed.session_id, refreshed.member_id) == (ada.session_id, ada.member_id)
    assert refreshed.refresh_token != ada.refresh_token
    assert (await own_account(client, refreshed)).id == ada.member_id
    [device] = await client.devices_of(refreshed)
    assert device.use_time.seconds - device.create_time.seconds == 660


async def test_using_a_token_twice_ends_the_session_for_both(
    client: Client, ada: pb.Session
) -> None:
    refreshed = await client.refresh(ada, "first")
    error = await refused(client, ada, "second")
    assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "SESSION_ENDED")
    again = await refused(client, refreshed)
    assert (again.reason, again.message) == (error.reason, error.message)
    await client.sign_in(ADA)  # nobody is locked out


async def test_a_lost_answer_can_be_asked_for_again(client: Client, ada: pb.Session) -> None:
    first = await client.refresh(ada, "q")
    again = await client.refresh(ada, "q")
    assert again.refresh_token == first.refresh_token
    await client.refresh(again, "r")


async def test_new_roles_are_in_the_next_access_token(
    client: Client, admin: str, ada: pb.Session
) -> None:
    await call(
        client.accounts.UpdateRoles,
        api.UpdateRolesRequest(member_id=ada.member_id, roles=[pb.ROLE_NETWORK_ADMIN]),
        token=admin,
    )
    refreshed = await client.refresh(ada)
    await call(
        client.accounts.ListAccounts, api.ListAccountsRequest(), token=refreshed.access_token
    )


async def test_one_device_is_signed_out_and_the_other_stays(
    client: Client, ada: pb.Session
) -> None:
    other = await client.sign_in(ADA)
    request = devices.DeleteSessionRequest(session_id=ada.session_id)
    for _ in range(2):
        await call(client.devices.DeleteSession, request, token=other.access_token)
    assert (await refused(client, ada)).reason == "SESSION_ENDED"
    assert len(await client.devices_of(other)) == 1
    await client.refresh(other)


async def test_nobody_signs_out_somebody_elses_device(
    client: Client, admin: str, ada: pb.Session
) -> None:
    bea = await client.member(admin, "bea")
    await call(
        client.devices.DeleteSession, devices.DeleteSessionRequest(session_id=ada.session_id),
        token=bea,
    )  # fmt: skip
    with pytest.raises(RemoteError) as error:
        await call(
            client.devices.DeleteSessions, devices.DeleteSessionsRequest(member_id=ada.member_id),
            token=bea,
        )  # fmt: skip
    assert error.value.reason == "FORBIDDEN"
    await client.refresh(ada)


@pytest.mark.parametrize("by_admin", [False, True])
async def test_signing_out_everywhere(
    client: Client, admin: str, ada: pb.Session, by_admin: bool
) -> None:
    other = await client.sign_in(ADA)
    await call(
        client.devices.DeleteSessions,
        devices.DeleteSessionsRequest(member_id=ada.member_id if by_admin else ""),
        token=admin if by_admin else other.access_token,
    )
    for session in (ada, other):
        assert (await refused(client, session)).reason == "SESSION_ENDED"
    log = await call(client.audit.VerifyAudit, audit.VerifyAuditRequest(), token=admin)
    assert log.entry_count == 0  # it shows nothing of her
    assert await client.devices_of(ada) == []  # its access token runs out within ten minutes
    fresh = await client.sign_in(ADA)
    await client.refresh(fresh)


async def test_an_admin_cannot_reach_into_another_network(
    client: Client, admin: str, ada: pb.Session
) -> None:
    elsewhere = await client.admin("elsewhere")
    with pytest.raises(RemoteError) as error:
        await call(
            client.devices.DeleteSessions, devices.DeleteSessionsRequest(member_id=ada.member_id),
            token=elsewhere,
        )  # fmt: skip
    assert error.value.reason == "ACCOUNT_NOT_FOUND"
    await client.refresh(ada)


async def test_a_device_unused_for_two_months_is_signed_out(
    client: Client, door: Door, ada: pb.Session
) -> None:
    door.clock.advance(IDLE_LIFE)
    assert (await refused(client, ada)).reason == "SESSION_ENDED"


async def test_of_too_many_devices_the_one_unused_longest_goes(
    client: Client, door: Door, ada: pb.Session
) -> None:
    sessions = []
    for _ in range(MAX_DEVICES):
        door.clock.advance(timedelta(seconds=1))
        sessions.append(await client.sign_in(ADA))
    assert (await refused(client, ada)).reason == "SESSION_ENDED"
    assert len(await client.devices_of(sessions[-1])) == MAX_DEVICES
    await client.refresh(sessions[0])


@pytest.mark.parametrize("token", ["", "nonsense", base64.urlsafe_b64encode(bytes(96)).decode()])
async def test_what_is_no_refresh_token_opens_nothing(client: Client, token: str) -> None:
    error = await refused(client, pb.Session(refresh_token=token))
    assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "SESSION_ENDED")


async def test_requests_that_cannot_be_right_are_refused(client: Client, ada: pb.Session) -> None:
    error = await refused(client, ada, "q" * 101)
    assert (error.reason, error.metadata) == ("INVALID_ARGUMENT", {"field": "request_id"})
    with pytest.raises(RemoteError) as wrong:
        await client.sign_in(ADA, label="x" * 101)
    assert (wrong.value.reason, wrong.value.metadata) == (
        "INVALID_ARGUMENT", {"field": "device_label"},
    )  # fmt: skip
    calls: list[tuple[Any, Any]] = [
        (client.devices.DeleteSession, devices.DeleteSessionRequest(session_id="x")),
        (client.devices.DeleteSessions, devices.DeleteSessionsRequest(member_id="x")),
    ]
    for method, request in calls:
        with pytest.raises(RemoteError) as invalid:
            await call(method, request, token=ada.access_token)
        assert invalid.value.reason == "INVALID_ARGUMENT"


async def test_an_admin_cannot_sign_out_who_is_not_there(client: Client, admin: str) -> None:
    with pytest.raises(RemoteError) as error:
        await call(
            client.devices.DeleteSessions, devices.DeleteSessionsRequest(member_id=str(new_id())),
            token=admin,
        )  # fmt: skip
    assert error.value.reason == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize("same", [False, True])
async def test_of_many_refreshes_at_once_one_wins(
    client: Client, ada: pb.Session, same: bool
) -> None:
    async def attempt(number: int) -> str:
        try:
            return (await client.refresh(ada, "q" if same else f"q{number}")).refresh_token
        except RemoteError as error:
            return error.reason

    outcomes = await asyncio.gather(*map(attempt, range(12)))
    got = [outcome for outcome in outcomes if outcome != "SESSION_ENDED"]
    assert len(got) == (12 if same else 1)
    assert len(set(got)) == 1
    winner = pb.Session(refresh_token=got[0])
    if same:
        await client.refresh(winner)
    else:  # eleven others used a token that was used: nobody knows who is the owner
        assert (await refused(client, winner)).reason == "SESSION_ENDED"


async def test_whoever_refreshes_while_all_is_ended_is_out_afterwards(
    client: Client, ada: pb.Session
) -> None:
    async def refresh() -> pb.Session:
        try:
            return await client.refresh(ada)
        except RemoteError:  # the end was first
            return ada

    request = devices.DeleteSessionsRequest()
    ended = call(client.devices.DeleteSessions, request, token=ada.access_token)
    session, _ = await asyncio.gather(refresh(), ended)
    assert (await refused(client, session)).reason == "SESSION_ENDED"
