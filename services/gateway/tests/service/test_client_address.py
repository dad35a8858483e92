"""Where a client is, only the gateway says: what a client claims goes no further."""

from __future__ import annotations

import grpc
import pytest
from common.service_tokens import (
    CLIENT_ADDRESS,
    CLIENT_SCOPE,
    SERVICE_TOKEN,
    ServiceUnauthenticated,
)
from gateway.config import Outside
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from policy.services import GRANTS

from libs.common.tests.service_keys import peers
from services.gateway.tests.builders import SESSION
from services.gateway.tests.gateways import OPEN, Gateway, running
from services.gateway.tests.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATE_SESSION = "/kith.identity.v1.SessionService/CreateSession"
GET_ACCOUNT = "/kith.identity.v1.AccountService/GetAccount"
IMPORT_ACCOUNTS = "/kith.identity.v1.AccountService/ImportAccounts"


async def test_a_claim_in_a_header_is_not_passed_on(gateway: Gateway) -> None:
    gateway.services.replies[CREATE_SESSION] = identity.CreateSessionResponse(session=SESSION)
    claimed = {CLIENT_ADDRESS: "8.8.8.8", "x-forwarded-for": "8.8.8.8"}
    body = {"network": "berlin", "email": "ada@example.org", "password": "pw"}
    answer = await gateway.http.post("/v1/sessions", json=body, headers=claimed)
    assert answer.status_code == 201
    [call] = gateway.services.asked(CREATE_SESSION)
    assert CLIENT_ADDRESS not in call.metadata


async def test_what_a_trusted_proxy_says_is_where_the_client_is() -> None:
    """And of what the client told the proxy, only the proxy's own word counts."""
    claimed = {"x-forwarded-for": "9.9.9.9, 8.8.8.8", CLIENT_ADDRESS: "9.9.9.9"}
    async with running(outside=Outside(OPEN.rates, proxies=("127.0.0.0/8",))) as gateway:
        gateway.services.replies[CREATE_SESSION] = identity.CreateSessionResponse(session=SESSION)
        body = {"network": "berlin", "email": "ada@example.org", "password": "pw"}
        answer = await gateway.http.post("/v1/sessions", json=body, headers=claimed)
        assert answer.status_code == 201
        [call] = gateway.services.asked(CREATE_SESSION)
        assert call.metadata[CLIENT_ADDRESS] == "8.8.8.8"
        service = peers("identity", GRANTS).verify(str(call.metadata[SERVICE_TOKEN]))
        assert service.name == "gateway"
        assert CLIENT_SCOPE in service.scopes


async def test_what_is_asked_in_a_members_name_carries_her_token_and_none_of_ours(
    gateway: Gateway,
) -> None:
    gateway.services.replies[GET_ACCOUNT] = identity.GetAccountResponse()
    claimed = gateway.headers() | {SERVICE_TOKEN: "x"}
    assert (await gateway.http.get("/v1/accounts/me", headers=claimed)).status_code == 200
    [call] = gateway.services.asked(GET_ACCOUNT)
    assert SERVICE_TOKEN not in call.metadata
    assert call.token


async def test_a_service_token_that_is_refused_is_no_fault_of_the_client(gateway: Gateway) -> None:
    gateway.services.replies[CREATE_SESSION] = ServiceUnauthenticated("no", cause="unknown key")
    body = {"network": "berlin", "email": "ada@example.org", "password": "pw"}
    answer = await gateway.http.post("/v1/sessions", json=body)
    assert answer.status_code == 503
    assert "SERVICE_UNAUTHENTICATED" not in answer.text


async def test_a_claim_at_the_grpc_door_is_not_passed_on(gateway: Gateway) -> None:
    gateway.services.replies[IMPORT_ACCOUNTS] = identity.ImportAccountsResponse()
    stub = identity_grpc.AccountServiceStub(gateway.channel)
    metadata = grpc.aio.Metadata(
        ("authorization", f"Bearer {gateway.issuer.token()}"), (CLIENT_ADDRESS, "8.8.8.8")
    )
    await stub.ImportAccounts(iter([identity.ImportAccountsRequest()]), metadata=metadata)
    [call] = gateway.services.asked(IMPORT_ACCOUNTS)
    assert CLIENT_ADDRESS not in call.metadata


COUNTED = [
    "AccountService/Register",
    "JoiningService/Apply",
    "JoiningService/CompleteApplication",
    "NetworkSettingsService/LookUpNetwork",
    "PasskeyService/CreatePasskeySession",
    "ProfileService/SuggestHandles",
    "RecoveryService/RequestPasswordReset",
    "SessionService/CreateSession",
]


async def test_whatever_can_be_guessed_at_is_asked_with_where_the_client_is() -> None:
    routes = {route.rpc: route for route in ROUTES if route.public}
    async with running(outside=Outside(OPEN.rates, proxies=("127.0.0.0/8",))) as gateway:
        for name in COUNTED:
            route = routes[f"/kith.identity.v1.{name}"]
            gateway.services.replies[route.rpc] = route.reply
            answer = await gateway.http.request(
                route.method, route.path, json=route.body, headers={"x-forwarded-for": "8.8.8.8"}
            )
            assert answer.status_code == route.status, name
            [call] = gateway.services.asked(route.rpc)
            assert call.metadata[CLIENT_ADDRESS] == "8.8.8.8", name
