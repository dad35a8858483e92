"""Identity over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from common.clock import epoch_millis
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from identity.domain.account import Origin, bring_in
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from services.identity.tests.builders import NOW, PASSWORD
from services.identity.tests.doors import Client, Door

JOINED = Timestamp(seconds=1_200_000_000)


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


@pytest.fixture
async def admin(client: Client) -> str:
    return await client.admin()


@pytest.fixture
async def ada(client: Client, admin: str) -> str:
    return await client.member(admin, "ada")


async def account_of(client: Client, token: str, member_id: str = "") -> pb.Account:
    request = api.GetAccountRequest(member_id=member_id)
    return (await call(client.accounts.GetAccount, request, token=token)).account


def stamp(at: datetime) -> Timestamp:
    return Timestamp(seconds=epoch_millis(at) // 1000)


# networks


async def test_the_operator_opens_a_network_and_its_admin_walks_in(client: Client) -> None:
    created = await client.create_network("berlin")
    assert created.network.slug == "berlin"
    assert created.network.time_zone == "UTC"
    assert created.admin_invite.max_uses == 1
    account = await client.register(created.admin_invite.code, "admin")
    assert account.roles == [pb.ROLE_NETWORK_ADMIN]
    session = await client.sign_in("admin@example.org")
    assert (session.member_id, session.network_id) == (account.id, created.network.id)
    own = await call(
        client.networks.GetNetwork, api.GetNetworkRequest(), token=session.access_token
    )
    assert own.network == created.network


async def test_a_slug_is_taken_once_and_the_operators_is_taken_from_the_start(
    client: Client, admin: str
) -> None:
    for slug in ("berlin", "kith"):
        with pytest.raises(RemoteError) as refused:
            await client.create_network(slug)
        assert (refused.value.kind, refused.value.reason) == (Kind.EXISTS, "NETWORK_EXISTS")


async def test_a_network_that_cannot_be_names_the_field(client: Client) -> None:
    with pytest.raises(RemoteError) as refused:
        await client.create_network("Not A Slug")
    assert (refused.value.kind, refused.value.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
    assert refused.value.metadata == {"field": "slug"}


# invites and registration


async def test_an_invite_says_what_it_offers(client: Client, admin: str) -> None:
    request = api.CreateInviteRequest(
        roles=[pb.ROLE_MENTOR], max_uses=3, expire_time=stamp(NOW + timedelta(days=2))
    )
    invite = (await call(client.invites.CreateInvite, request, token=admin)).invite
    assert (list(invite.roles), invite.max_uses) == ([pb.ROLE_MENTOR], 3)
    assert invite.expire_time == request.expire_time
    assert (await client.register(invite.code)).roles == [pb.ROLE_MEMBER]  # until she is trained


async def test_an_invite_without_terms_lets_one_member_in_within_a_week(
    client: Client, admin: str
) -> None:
    reply = await call(client.invites.CreateInvite, api.CreateInviteRequest(), token=admin)
    assert list(reply.invite.roles) == [pb.ROLE_MEMBER]
    assert reply.invite.max_uses == 1
    assert reply.invite.expire_time == stamp(NOW + timedelta(days=7))


@pytest.mark.parametrize(
    "request_",
    [
        api.CreateInviteRequest(roles=[pb.ROLE_PLATFORM_OPERATOR]),
        api.CreateInviteRequest(roles=[pb.ROLE_UNSPECIFIED]),
        api.CreateInviteRequest(roles=[99]),  # type: ignore[list-item]  # as a newer client may
        api.CreateInviteRequest(max_uses=-1),
        api.CreateInviteRequest(max_uses=10_001),
        api.CreateInviteRequest(expire_time=stamp(NOW)),
        api.CreateInviteRequest(expire_time=stamp(NOW + timedelta(days=366))),
        api.CreateInviteRequest(expire_time=Timestamp(seconds=2**62)),
    ],
)
async def test_an_invite_nobody_may_give_is_refused(
    client: Client, admin: str, request_: api.CreateInviteRequest
) -> None:
    with pytest.raises(RemoteError) as refused:
        await call(client.invites.CreateInvite, request_, token=admin)
    assert (refused.value.kind, refused.value.reason) == (Kind.INVALID, "INVALID_ARGUMENT")


async def test_joining_is_refused_with_its_reason(
    door: Door, client: Client, admin: str, ada: str
) -> None:
    code = await client.invite(admin, max_uses=10)
    used = await client.invite(admin)
    await client.register(used, "bea")
    for arguments, reason in (
        ({"code": code, "handle": "x"}, "INVALID_ARGUMENT"),
        ({"code": code, "handle": "cleo", "password": "short"}, "INVALID_ARGUMENT"),
        ({"code": code, "handle": "cleo", "email": "cleo"}, "INVALID_ARGUMENT"),
        ({"code": "", "handle": "cleo"}, "INVITE_INVALID"),
        ({"code": code[:-1], "handle": "cleo"}, "INVITE_INVALID"),
        ({"code": used, "handle": "cleo"}, "INVITE_INVALID"),
        ({"code": code, "handle": "ADA", "email": "c@example.org"}, "HANDLE_TAKEN"),
        ({"code": code, "handle": "cleo", "email": "Ada@Example.org"}, "EMAIL_TAKEN"),
    ):
        with pytest.raises(RemoteError) as refused:
            await client.register(**arguments)
        assert refused.value.reason == reason
    door.clock.advance(timedelta(days=7))
    with pytest.raises(RemoteError) as refused:
        await client.register(code, "cleo")
    assert refused.value.reason == "INVITE_INVALID"


# signing in


async def test_whoever_fails_to_sign_in_learns_nothing(
    door: Door, client: Client, admin: str, ada: str
) -> None:
    member = await account_of(client, ada)
    imported, events = bring_in(
        new_id(), UUID(member.network_id), "imported", Origin("old-place", "1"), NOW,
        consented=False,
    )  # fmt: skip
    await door.ports.directory.accounts(imported.network_id).add(imported, events)
    answers = set()
    for email, network, password in (
        ("ada@example.org", "berlin", "the wrong password"),
        ("nobody@example.org", "berlin", PASSWORD),
        ("ada@example.org", "nowhere", PASSWORD),
        ("imported@example.org", "berlin", PASSWORD),
        ("operator@kith.local", "berlin", PASSWORD),
    ):
        with pytest.raises(RemoteError) as refused:
            await client.sign_in(email, network=network, password=password)
        answers.add((refused.value.kind, refused.value.reason, refused.value.message))
    assert len(answers) == 1
    assert next(iter(answers))[:2] == (Kind.UNAUTHENTICATED, "CREDENTIALS_INVALID")


async def test_a_sign_in_that_cannot_be_right_is_invalid(client: Client) -> None:
    for email, password in (("", PASSWORD), ("ada", PASSWORD), ("ada@example.org", "")):
        with pytest.raises(RemoteError) as refused:
            await client.sign_in(email, password=password)
        assert refused.value.reason == "INVALID_ARGUMENT"


async def test_the_keys_are_public(client: Client) -> None:
    reply = await call(client.sessions.GetJwks, api.GetJwksRequest())
    (key,) = json.loads(reply.jwks)["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    assert "d" not in key


# accounts


async def test_everybody_sees_herself_and_staff_see_all(
    client: Client, admin: str, ada: str
) -> None:
    own = await account_of(client, ada)
    assert own == await account_of(client, ada, own.id) == await account_of(client, admin, own.id)
    assert "example.org" not in str(own)
    with pytest.raises(RemoteError) as refused:
        await account_of(client, ada, str(new_id()))
    assert refused.value.reason == "FORBIDDEN"
    with pytest.raises(RemoteError) as refused:
        await account_of(client, admin, str(new_id()))
    assert refused.value.reason == "ACCOUNT_NOT_FOUND"
    with pytest.raises(RemoteError) as refused:
        await account_of(client, admin, "not-an-id")
    assert refused.value.reason == "INVALID_ARGUMENT"


async def test_pages_of_accounts(client: Client, admin: str) -> None:
    code = await client.invite(admin, max_uses=4)
    for number in range(4):
        await client.register(code, f"member-{number}")
    handles, token = [], ""
    while True:
        request = api.ListAccountsRequest(page_size=2, page_token=token)
        page = await call(client.accounts.ListAccounts, request, token=admin)
        handles += [account.handle for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
    assert handles == ["admin", "member-0", "member-1", "member-2", "member-3"]


@pytest.mark.parametrize(
    "request_",
    [
        api.ListAccountsRequest(page_size=-1),
        api.ListAccountsRequest(page_size=1001),
        api.ListAccountsRequest(page_token="not a token"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    client: Client, admin: str, request_: api.ListAccountsRequest
) -> None:
    with pytest.raises(RemoteError) as refused:
        await call(client.accounts.ListAccounts, request_, token=admin)
    assert refused.value.reason == "INVALID_ARGUMENT"


async def test_new_roles_are_in_the_next_token(client: Client, admin: str, ada: str) -> None:
    member_id = (await account_of(client, ada)).id
    request = api.UpdateRolesRequest(member_id=member_id, roles=[pb.ROLE_NETWORK_ADMIN])
    reply = await call(client.accounts.UpdateRoles, request, token=admin)
    assert list(reply.account.roles) == [pb.ROLE_NETWORK_ADMIN]
    promoted = (await client.sign_in("ada@example.org")).access_token
    await call(client.accounts.ListAccounts, api.ListAccountsRequest(), token=promoted)


async def test_roles_that_cannot_be_given_are_refused(client: Client, admin: str, ada: str) -> None:
    member_id = (await account_of(client, ada)).id
    for request, reason in (
        (api.UpdateRolesRequest(member_id=member_id), "INVALID_ARGUMENT"),
        (api.UpdateRolesRequest(roles=[pb.ROLE_MEMBER]), "INVALID_ARGUMENT"),
        (
            api.UpdateRolesRequest(member_id=member_id, roles=[pb.ROLE_PLATFORM_OPERATOR]),
            "INVALID_ARGUMENT",
        ),
        (
            api.UpdateRolesRequest(member_id=str(new_id()), roles=[pb.ROLE_MEMBER]),
            "ACCOUNT_NOT_FOUND",
        ),
    ):
        with pytest.raises(RemoteError) as refused:
            await call(client.accounts.UpdateRoles, request, token=admin)
        assert refused.value.reason == reason


# consents


async def test_a_member_agrees_withdraws_and_reads_what_she_decided(
    door: Door, client: Client, ada: str
) -> None:
    listed = await call(client.consents.ListConsents, api.ListConsentsRequest(), token=ada)
    (service,) = listed.consents
    assert (service.purpose, service.granted) == (pb.PURPOSE_SERVICE, True)
    for granted in (True, False):
        door.clock.advance(timedelta(seconds=5))
        request = api.SetConsentRequest(purpose=pb.PURPOSE_SIGNALS, granted=granted)
        consent = (await call(client.consents.SetConsent, request, token=ada)).consent
        assert (consent.granted, consent.text_version) == (granted, 1)
        assert consent.decide_time == stamp(door.clock.now())
        listed = await call(client.consents.ListConsents, api.ListConsentsRequest(), token=ada)
        assert list(listed.consents) == [service, consent]
    with pytest.raises(RemoteError) as refused:
        await call(client.consents.SetConsent, api.SetConsentRequest(granted=True), token=ada)
    assert refused.value.reason == "INVALID_ARGUMENT"
