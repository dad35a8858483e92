"""Who may come in: nobody with a token that identity did not make, or that has run out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from kith.identity.v1 import identity_service_pb2 as identity

from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem
from services.gateway.tests.tokens import Issuer

GOLDEN = Path(__file__).parent.parent / "golden"
pytestmark = pytest.mark.asyncio(loop_scope="module")


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode())
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def _with_shared_secret(token: str, issuer: Issuer) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    key = json.loads(issuer.jwks())["keys"][0]["x"] + "=" * 32
    return jwt.encode(claims, key, "HS256", {"kid": "one"})


def _altered(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["roles"] = ["network_admin"]
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


BAD: dict[str, Callable[[Issuer], str]] = {
    "nonsense": lambda issuer: "nonsense",
    "three dots": lambda issuer: "...",
    "longer than needed": lambda issuer: issuer.token() + "x" * 10_000,
    "expired": lambda issuer: issuer.token(seconds=-60),
    "of another key": lambda issuer: Issuer("one").token(),
    "of a key nobody knows": lambda issuer: Issuer("two").token(),
    "unsigned": lambda issuer: _unsigned(issuer.token()),
    "signed with what everybody knows": lambda issuer: _with_shared_secret(issuer.token(), issuer),
    "altered": lambda issuer: _altered(issuer.token()),
    "of another issuer": lambda issuer: issuer.token(claims={"iss": "elsewhere"}),
    "for somebody else": lambda issuer: issuer.token(claims={"aud": "elsewhere"}),
    "without a network": lambda issuer: issuer.token(claims={"net": None}),
    "with roles of another kind": lambda issuer: issuer.token(claims={"roles": "network_admin"}),
    "with open decisions of another kind": lambda issuer: issuer.token(claims={"owes": "service"}),
    "with open decisions on no version": lambda issuer: issuer.token(
        claims={"owes": {"service": "x"}}
    ),
    "of nobody": lambda issuer: issuer.token(claims={"sub": "me"}),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_opens_no_door(gateway: Gateway, name: str) -> None:
    headers = gateway.headers(BAD[name](gateway.issuer))
    answer = await gateway.http.get("/v1/accounts/me", headers=headers)
    assert_problem(answer, 401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kith"'
    assert gateway.services.asked("/kith.identity.v1.AccountService/GetAccount") == []


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "token", "Bearer\tx"])
async def test_a_header_that_is_no_bearer_token_opens_no_door(
    gateway: Gateway, header: str
) -> None:
    answer = await gateway.http.get("/v1/accounts/me", headers={"authorization": header})
    assert_problem(answer, 401, "UNAUTHENTICATED")


async def test_the_word_bearer_may_be_written_in_any_case(gateway: Gateway) -> None:
    headers = {"authorization": f"bEARER {gateway.issuer.token()}"}
    answer = await gateway.http.get("/v1/network", headers=headers)
    assert answer.status_code != 401


async def test_a_token_is_looked_up_once_and_then_remembered(gateway: Gateway) -> None:
    headers = gateway.headers()
    for _ in range(3):
        await gateway.http.get("/v1/network", headers=headers)
    assert len(gateway.services.asked("/kith.identity.v1.SessionService/GetJwks")) <= 1


async def test_an_open_decision_closes_the_door_and_says_which_text_to_show(
    gateway: Gateway, golden: Callable[[Path, bytes], None]
) -> None:
    headers = gateway.headers(gateway.issuer.token(claims={"owes": {"service": 2}}))
    answer = await gateway.http.get("/v1/feed", headers=headers | {"x-request-id": "r-1"})
    assert_problem(answer, 400, "CONSENT_REQUIRED")
    problem = answer.json()
    assert problem["metadata"] == {"purpose": "service", "version": "2"}
    pretty = json.dumps(problem | {"request_id": "r-1"}, indent=2) + "\n"
    golden(GOLDEN / "problem_consent_required.json", pretty.encode())
    assert gateway.services.asked("/kith.community.v1.PostService/ListHomeFeed") == []


async def test_what_needs_no_decision_is_passed_on_to_the_service(gateway: Gateway) -> None:
    rpc = "/kith.identity.v1.ConsentService/ListConsents"
    gateway.services.replies[rpc] = identity.ListConsentsResponse()
    headers = gateway.headers(gateway.issuer.token(claims={"owes": {"service": 2}}))
    assert (await gateway.http.get("/v1/consents", headers=headers)).status_code == 200
