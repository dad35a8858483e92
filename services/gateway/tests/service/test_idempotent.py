"""POST with an Idempotency-Key over real sockets: done once, answered as often as asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from common import errors
from common.grpc_server import Context
from gateway.entrypoints.http.actions import ROUTES as DECLARED
from gateway.entrypoints.http.idempotent import ANONYMOUS, AT_MOST_ONCE, NEVER_KEPT
from google.protobuf.message import Message
from kith.community.v1 import community_service_pb2 as community
from kith.identity.v1 import identity_service_pb2 as identity

from services.gateway.tests.builders import ACCOUNT, CIRCLE, INVITE, Route
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem
from services.gateway.tests.routes import ROUTES
from services.gateway.tests.tokens import BEN

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATE = "/kith.community.v1.CircleService/CreateCircle"
INVITES = "/kith.identity.v1.InviteService/CreateInvite"
POSTS = [route for route in ROUTES if route.method == "POST"]


def plain(route: Route) -> str:
    """Its path without what is asked there."""
    return route.path.partition("?")[0]


async def post(
    gateway: Gateway, key: str, body: Any = None, path: str = "/v1/circles", token: str = ""
) -> httpx.Response:
    headers = gateway.headers(token or gateway.issuer.token()) | {"idempotency-key": key}
    body = {"displayName": "Evenings"} if body is None else body
    return await gateway.http.post(path, json=body, headers=headers)


@pytest.fixture
def key() -> str:
    return str(uuid4())


def ids(gateway: Gateway, method: str = CREATE) -> list[str]:
    """The request ids a service was asked with."""
    return [getattr(call.request, "request_id", "") for call in gateway.services.asked(method)]


@pytest.mark.parametrize(
    "route", [r for r in POSTS if r.path.partition("?")[0] not in NEVER_KEPT], ids=str
)
async def test_every_post_is_done_once(gateway: Gateway, route: Route, key: str) -> None:
    gateway.services.replies[route.rpc] = route.reply
    headers = ({} if route.public else gateway.headers()) | {"idempotency-key": key}
    first, second = [
        await gateway.http.post(route.path, json=route.body, headers=headers) for _ in range(2)
    ]
    assert first.status_code == second.status_code == route.status
    assert first.content == second.content
    for header in ("content-type", "content-length"):
        assert first.headers.get(header) == second.headers.get(header)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["cache-control"] == "no-store"
    assert len(gateway.services.asked(route.rpc)) == 1


@pytest.mark.parametrize("slashes", [str, "{}/".format, lambda path: path.replace("/v1/", "/v1//")])
@pytest.mark.parametrize("path", sorted(NEVER_KEPT))
async def test_what_lets_somebody_in_is_never_kept(
    gateway: Gateway, key: str, path: str, slashes: Callable[[str], str]
) -> None:
    [route] = [route for route in POSTS if plain(route) == path]
    gateway.services.replies[route.rpc] = route.reply
    headers = ({} if route.public else gateway.headers()) | {"idempotency-key": key}
    for _ in range(2):
        url = f"http://{gateway.address}{slashes(path)}"
        answer = await gateway.http.post(url, json=route.body, headers=headers)
        assert answer.status_code == route.status
        assert "idempotency-replayed" not in answer.headers
    assert len(gateway.services.asked(route.rpc)) == 2
    assert gateway.records.kept == {}


async def test_the_key_of_another_request_is_refused(gateway: Gateway, key: str) -> None:
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    await post(gateway, key)
    assert_problem(
        await post(gateway, key, {"displayName": "Mornings"}), 422, "IDEMPOTENCY_KEY_REUSED"
    )
    assert len(ids(gateway)) == 1


async def test_another_account_with_the_same_key_gets_nothing_of_it(
    gateway: Gateway, key: str
) -> None:
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    await post(gateway, key)
    answer = await post(gateway, key, token=gateway.issuer.token(BEN))
    assert "idempotency-replayed" not in answer.headers
    assert len(set(ids(gateway))) == 2


async def test_a_replay_needs_a_good_token(gateway: Gateway, key: str) -> None:
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    await post(gateway, key)
    answer = await post(gateway, key, token="no.good.token")
    assert_problem(answer, 401, "UNAUTHENTICATED")


async def test_while_the_first_runs_the_second_is_told_to_come_again(
    gateway: Gateway, key: str
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(_request: object, _context: Context) -> Message:
        asked.set()
        await go.wait()
        return community.CreateCircleResponse(circle=CIRCLE)

    gateway.services.replies[CREATE] = slow
    first = asyncio.create_task(post(gateway, key))
    await asked.wait()
    second = await post(gateway, key)
    go.set()
    assert_problem(second, 409, "REQUEST_STILL_RUNNING")
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code == 201
    assert (await post(gateway, key)).headers["idempotency-replayed"] == "true"


async def test_a_retry_after_a_lost_outcome_asks_with_the_same_request_id(
    gateway: Gateway, key: str
) -> None:
    """As after a kill between the effect and the stored outcome: nothing is kept of it."""
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    await post(gateway, key)
    gateway.records.kept.clear()
    await post(gateway, key)
    await post(gateway, str(uuid4()))
    first, second, other = ids(gateway)
    assert first == second
    assert other != first


async def test_the_id_of_one_request_does_not_stay_for_the_next_of_a_connection(
    gateway: Gateway, key: str
) -> None:
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    body = b'{"displayName": "a"}'
    common = (
        f"POST /v1/circles HTTP/1.1\r\nhost: kith\r\ncontent-type: application/json\r\n"
        f"authorization: {gateway.headers()['authorization']}\r\ncontent-length: {len(body)}\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection(gateway.address.host, gateway.address.port)
    pipelined = common + b"idempotency-key: " + key.encode() + b"\r\n\r\n" + body
    writer.write(pipelined + 2 * (common + b"\r\n" + body))
    for _ in range(3):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201")
        [length] = [line for line in head.split(b"\r\n") if line.startswith(b"content-length")]
        await reader.readexactly(int(length.split()[1]))
    writer.close()
    await writer.wait_closed()
    assert len(set(ids(gateway))) == 3


async def test_a_refusal_is_not_kept_and_the_request_may_be_put_right(
    gateway: Gateway, key: str
) -> None:
    gateway.services.replies[CREATE] = errors.Invalid("no", field="display_name")
    assert_problem(await post(gateway, key), 400, "INVALID_ARGUMENT", "displayName")
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    assert (await post(gateway, key, {"displayName": "Mornings"})).status_code == 201


async def test_what_may_have_been_done_and_cannot_be_repeated_is_not_done_again(
    gateway: Gateway, key: str
) -> None:
    gateway.services.replies[INVITES] = errors.Unavailable("who knows")
    assert_problem(await post(gateway, key, {}, "/v1/invites"), 503, "UNAVAILABLE")
    gateway.services.replies[INVITES] = identity.CreateInviteResponse(invite=INVITE)
    for path in ("/v1/invites", "/v1/invites/"):
        assert_problem(await post(gateway, key, {}, path), 409, "OUTCOME_UNKNOWN")
    assert len(gateway.services.asked(INVITES)) == 1


async def test_without_the_store_a_key_cannot_be_honoured_and_the_rest_goes_on(
    gateway: Gateway, key: str
) -> None:
    gateway.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    gateway.records.away = True
    try:
        assert_problem(await post(gateway, key), 503, "UNAVAILABLE")
        body = {"displayName": "a"}
        answer = await gateway.http.post("/v1/circles", json=body, headers=gateway.headers())
        assert answer.status_code == 201
    finally:
        gateway.records.away = False
    assert len(ids(gateway)) == 1


async def test_a_key_that_is_none_is_refused(gateway: Gateway) -> None:
    assert_problem(await post(gateway, "short"), 400, "IDEMPOTENCY_KEY_INVALID")


async def test_bodies_are_bounded_with_a_key_too(gateway: Gateway, key: str) -> None:
    answer = await post(gateway, key, {"displayName": "x" * 70_000})
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert gateway.records.kept == {}


async def test_a_registration_asked_again_after_a_lost_outcome_has_the_same_request_id(
    gateway: Gateway, key: str
) -> None:
    rpc = "/kith.identity.v1.AccountService/Register"
    gateway.services.replies[rpc] = identity.RegisterResponse(account=ACCOUNT)
    body = {"inviteCode": "a", "handle": "b", "email": "c", "password": "d"}
    for _ in range(2):
        await gateway.http.post("/v1/registrations", json=body, headers={"idempotency-key": key})
        gateway.records.kept.clear()
    first, second = ids(gateway, rpc)
    assert first == second != ""


async def test_registering_is_kept_without_an_account(gateway: Gateway, key: str) -> None:
    rpc = "/kith.identity.v1.AccountService/Register"
    gateway.services.replies[rpc] = identity.RegisterResponse(account=ACCOUNT)
    body = {"inviteCode": "a", "handle": "b", "email": "c", "password": "d"}
    answers = [
        await gateway.http.post("/v1/registrations", json=sent, headers={"idempotency-key": key})
        for sent in (body, body, body | {"handle": "other"})
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    replayed = ["idempotency-replayed" in answer.headers for answer in answers]
    assert replayed == [False, True, False]


async def test_every_post_can_be_repeated_or_is_named() -> None:
    """A POST is safe to ask again when its RPC takes an id, or is the same however often done."""
    same_however_often = {
        "/v1/conversations", "/v1/cohorts/h1/enrollments", "/v1/accounts/me/totp/removal",
        "/v1/eligibility", "/v1/eligibility/removal", "/v1/conversations/v1/reports",
        "/v1/groups/g1/invitations",
    }  # fmt: skip
    for route in POSTS:
        fields = set(route.request.DESCRIPTOR.fields_by_name)
        if not fields & {"request_id", "client_message_id", "client_group_id"}:
            named = AT_MOST_ONCE | NEVER_KEPT | same_however_often
            assert plain(route) in named, f"{route.path}: what if it is asked again?"
    described = {path for handler in DECLARED for path in handler.paths}
    assert described >= AT_MOST_ONCE | NEVER_KEPT | ANONYMOUS
