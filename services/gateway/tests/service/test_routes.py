"""Every route: what the service behind is asked, what the client gets, and who may not ask."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from policy import Actor, Answer, decide
from policy.describe import ROLES

from services.gateway.tests.builders import Route
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.routes import ROUTES
from services.gateway.tests.tokens import ADA, NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="module")


def told(answer: httpx.Response) -> Any:
    """What the answer says, or what it is, if that is not JSON."""
    if not answer.content:
        return None
    kind = answer.headers["content-type"]
    return answer.json() if "json" in kind else kind


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_a_good_request_becomes_one_call_and_its_reply_the_answer(
    gateway: Gateway, route: Route
) -> None:
    gateway.services.replies[route.rpc] = route.reply
    token = gateway.issuer.token()
    headers = {} if route.public else gateway.headers(token)
    answer = await gateway.http.request(route.method, route.path, json=route.body, headers=headers)
    assert answer.status_code == route.status, answer.text
    assert told(answer) == route.answer
    [call] = gateway.services.asked(route.rpc)
    assert call.request == route.request
    assert call.token == ("" if route.public else token)


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=str)
async def test_without_a_token_the_door_stays_shut_and_no_service_is_asked(
    gateway: Gateway, route: Route
) -> None:
    gateway.services.replies[route.rpc] = route.reply
    answer = await gateway.http.request(route.method, route.path, json=route.body)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="kith"'
    assert answer.json()["reason"] == "UNAUTHENTICATED"
    assert gateway.services.asked(route.rpc) == []


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=str)
async def test_whom_the_policy_refuses_at_the_door_no_service_hears_of(
    gateway: Gateway, route: Route
) -> None:
    gateway.services.replies[route.rpc] = route.reply
    for role in ROLES:
        token = gateway.issuer.token(roles=(role,))
        decision = decide(Actor(ADA, NETWORK, frozenset({role})), route.rpc)
        answer = await gateway.http.request(
            route.method, route.path, json=route.body, headers=gateway.headers(token)
        )
        asked = any(call.token == token for call in gateway.services.asked(route.rpc))
        if decision.answer is Answer.FORBID:
            assert (answer.status_code, answer.json()["reason"]) == (403, "FORBIDDEN")
            assert answer.json()["metadata"] == {"needed": " or ".join(decision.needed)}
            assert not asked
        else:
            assert (answer.status_code, asked) == (route.status, True)


async def test_an_answer_about_people_is_not_kept_by_anybody_on_the_way(gateway: Gateway) -> None:
    [route] = [route for route in ROUTES if route.path == "/v1/accounts/me"]
    gateway.services.replies[route.rpc] = route.reply
    answer = await gateway.http.get(route.path, headers=gateway.headers())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_keys_may_be_kept_for_a_while(gateway: Gateway) -> None:
    answer = await gateway.http.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["content-type"] == "application/jwk-set+json"
