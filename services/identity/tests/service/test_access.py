"""Who is let through: bad tokens of every kind, roles, and the walls between networks."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kith.identity.v1 import device_service_pb2 as device_api
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import totp_service_pb2 as totp

from services.identity.tests.doors import Client, Door

Claims = dict[str, Any]


def calls(client: Client) -> dict[str, tuple[Any, Any]]:
    """Every method that needs a token, with a request that is fine."""
    own = str(new_id())
    return {
        "CreateNetwork": (
            client.networks.CreateNetwork,
            api.CreateNetworkRequest(slug="new", display_name="New"),
        ),
        "GetNetwork": (client.networks.GetNetwork, api.GetNetworkRequest()),
        "CreateInvite": (client.invites.CreateInvite, api.CreateInviteRequest()),
        "GetAccount": (client.accounts.GetAccount, api.GetAccountRequest()),
        "ListAccounts": (client.accounts.ListAccounts, api.ListAccountsRequest()),
        "UpdateRoles": (
            client.accounts.UpdateRoles,
            api.UpdateRolesRequest(member_id=own, roles=[pb.ROLE_MEMBER]),
        ),
        "ImportAccounts": (client.accounts.ImportAccounts, nothing()),
        "ListConsents": (client.consents.ListConsents, api.ListConsentsRequest()),
        "SetConsent": (
            client.consents.SetConsent,
            api.SetConsentRequest(purpose=pb.PURPOSE_SIGNALS, granted=True),
        ),
        "ListSessions": (client.devices.ListSessions, device_api.ListSessionsRequest()),
        "DeleteSession": (
            client.devices.DeleteSession,
            device_api.DeleteSessionRequest(session_id=own),
        ),
        "CreateTotp": (client.totp.CreateTotp, totp.CreateTotpRequest(password="x")),
        "ConfirmTotp": (client.totp.ConfirmTotp, totp.ConfirmTotpRequest(code="123456")),
        "GetTotp": (client.totp.GetTotp, totp.GetTotpRequest()),
        "DeleteTotp": (client.totp.DeleteTotp, totp.DeleteTotpRequest(password="x")),
        "DeleteSessions": (client.devices.DeleteSessions, device_api.DeleteSessionsRequest()),
    }


async def nothing() -> AsyncIterator[api.ImportAccountsRequest]:
    for _ in range(0):
        yield api.ImportAccountsRequest()


METHODS = [
    "CreateNetwork", "GetNetwork", "CreateInvite", "GetAccount", "ListAccounts", "UpdateRoles",
    "ImportAccounts", "ListConsents", "SetConsent", "ListSessions", "DeleteSession",
    "DeleteSessions", "CreateTotp", "ConfirmTotp", "GetTotp", "DeleteTotp",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("token", [None, "", "garbage", "a.b.c"])
async def test_without_a_token_nothing_is_done(door: Door, method: str, token: str | None) -> None:
    behaviour, request = calls(door.client)[method]
    with pytest.raises(RemoteError) as refused:
        await call(behaviour, request, token=token)
    assert (refused.value.kind, refused.value.reason) == (Kind.UNAUTHENTICATED, "UNAUTHENTICATED")


def forged_key(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", headers=header)


def unknown_kid(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode(claims, key, "EdDSA", headers={**header, "kid": "another"})


def no_signature(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode(claims, "", "none", headers={"kid": header["kid"]})


def public_key_as_secret(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    secret = key.public_key().public_bytes_raw()
    return jwt.encode(claims, secret, "HS256", headers={"kid": header["kid"]})


def more_roles(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    head, _, signature = jwt.encode(claims, key, "EdDSA", headers=header).split(".")
    more = json.dumps({**claims, "roles": ["platform_operator", "network_admin"]}).encode()
    return f"{head}.{base64.urlsafe_b64encode(more).decode().rstrip('=')}.{signature}"


def other_issuer(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode({**claims, "iss": "elsewhere"}, key, "EdDSA", headers=header)


def other_audience(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode({**claims, "aud": "elsewhere"}, key, "EdDSA", headers=header)


def no_expiry(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    kept = {name: value for name, value in claims.items() if name != "exp"}
    return jwt.encode(kept, key, "EdDSA", headers=header)


def no_network(claims: Claims, header: Claims, key: Ed25519PrivateKey) -> str:
    return jwt.encode({**claims, "net": "*"}, key, "EdDSA", headers=header)


@pytest.mark.parametrize(
    "forge",
    [forged_key, unknown_kid, no_signature, public_key_as_secret, more_roles, other_issuer,
     other_audience, no_expiry, no_network],
)  # fmt: skip
async def test_a_forged_token_opens_nothing(
    door: Door, forge: Callable[[Claims, Claims, Ed25519PrivateKey], str]
) -> None:
    good = await door.client.operator()
    claims = jwt.decode(good, options={"verify_signature": False})
    header = jwt.get_unverified_header(good)
    with pytest.raises(RemoteError) as refused:
        await call(
            door.client.networks.GetNetwork, api.GetNetworkRequest(),
            token=forge(claims, header, door.key),
        )  # fmt: skip
    assert refused.value.reason == "UNAUTHENTICATED"
    await call(door.client.networks.GetNetwork, api.GetNetworkRequest(), token=good)


async def test_a_token_works_for_ten_minutes(door: Door) -> None:
    token = await door.client.operator()
    door.clock.advance(timedelta(minutes=10))
    await call(door.client.networks.GetNetwork, api.GetNetworkRequest(), token=token)  # leeway
    door.clock.advance(timedelta(seconds=5))
    with pytest.raises(RemoteError) as refused:
        await call(door.client.networks.GetNetwork, api.GetNetworkRequest(), token=token)
    assert (refused.value.reason, refused.value.metadata) == (
        "UNAUTHENTICATED",
        {"cause": "expired"},
    )


ALLOWED = {
    "CreateNetwork": {"operator"},
    "CreateInvite": {"admin"},
    "ListAccounts": {"admin"},
    "UpdateRoles": {"admin"},
    "ImportAccounts": {"admin"},
}


@pytest.mark.parametrize("method", METHODS)
async def test_each_role_may_do_its_part_and_no_more(door: Door, method: str) -> None:
    client = door.client
    admin = await client.admin()
    tokens = {
        "operator": await client.operator(), "admin": admin, "member": await client.member(admin)
    }  # fmt: skip
    for role, token in tokens.items():
        behaviour, request = calls(client)[method]
        reason = ""
        try:
            await call(behaviour, request, token=token)
        except RemoteError as error:
            reason = error.reason
        allowed = role in ALLOWED.get(method, tokens)
        assert (reason != "FORBIDDEN") == allowed, (role, reason)


async def test_nothing_of_another_network_is_seen_changed_or_hinted_at(door: Door) -> None:
    client = door.client
    berlin, paris = await client.admin("berlin"), await client.admin("paris")
    await client.register(await client.invite(berlin), "ada")
    ada = (await client.sign_in("ada@example.org")).member_id
    listed = await call(client.accounts.ListAccounts, api.ListAccountsRequest(), token=paris)
    assert [account.handle for account in listed.accounts] == ["admin"]
    after_ada = api.ListAccountsRequest(page_token=ada)
    assert not (await call(client.accounts.ListAccounts, after_ada, token=paris)).accounts
    answers = set()
    for member_id in (ada, str(new_id())):
        get = api.GetAccountRequest(member_id=member_id)
        update = api.UpdateRolesRequest(member_id=member_id, roles=[pb.ROLE_MODERATOR])
        tries: list[tuple[Any, Any]] = [
            (client.accounts.GetAccount, get),
            (client.accounts.UpdateRoles, update),
        ]
        for behaviour, request in tries:
            with pytest.raises(RemoteError) as refused:
                await call(behaviour, request, token=paris)
            answers.add((refused.value.reason, refused.value.message))
    assert answers == {("ACCOUNT_NOT_FOUND", "no such account in your network")}
    await client.register(await client.invite(paris), "ada")  # the same name, another network
    with pytest.raises(RemoteError):
        await client.sign_in("ada@example.org", network="paris", password="of another network")
