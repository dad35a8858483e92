"""What every answer carries: request id, security headers, CORS, and tags of what is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
import websockets
from common import errors
from gateway.config import Outside
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from services.gateway.tests.builders import ACCOUNT
from services.gateway.tests.gateways import OPEN, Gateway, running
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
GET_ACCOUNT = "/kith.identity.v1.AccountService/GetAccount"
APP = "https://app.example"
ME = "/v1/accounts/me"
EVERYWHERE = [
    ("GET", ME), ("GET", "/v1/nothing"), ("DELETE", ME), ("GET", "/healthz"), ("GET", "/readyz"),
    ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json"), ("POST", "/v1/circles"),
    ("OPTIONS", ME), ("GET", "/.well-known/jwks.json"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Gateway]:
    """A gateway behind TLS, with one web app that may ask."""
    outside = Outside(OPEN.rates, origins=frozenset({APP}), behind_tls=True)
    async with running(outside=outside) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def account(gateway: Gateway) -> None:
    """There is one."""
    gateway.services.replies[GET_ACCOUNT] = api.GetAccountResponse(account=ACCOUNT)


async def me(gateway: Gateway, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.get(ME, headers=gateway.headers() | sent)


@pytest.mark.parametrize("method, path", EVERYWHERE)
async def test_every_answer_says_what_may_be_done_with_it(
    gateway: Gateway, method: str, path: str
) -> None:
    answer = await gateway.http.request(method, path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"]
    assert "server" not in answer.headers


async def test_without_tls_nobody_is_told_to_use_it() -> None:
    async with running() as plain:
        answer = await plain.http.get("/healthz")
        assert "strict-transport-security" not in answer.headers
        assert "vary" not in answer.headers


async def test_a_request_keeps_its_name_on_every_way(gateway: Gateway) -> None:
    name = "abc-1.2_3~4"
    answer = await me(gateway, x_request_id=name)
    assert answer.headers["x-request-id"] == name
    [call] = gateway.services.asked(GET_ACCOUNT)
    assert call.metadata["x-request-id"] == name
    gateway.services.replies[GET_ACCOUNT] = errors.NotFound("nobody")
    assert (await me(gateway, x_request_id=name)).json()["request_id"] == name


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "a\tb", "<script>", "ä", "a,b"])
async def test_a_name_unfit_for_a_log_is_replaced(gateway: Gateway, name: str) -> None:
    sent = gateway.headers() | {"x-request-id": name}
    headers = {key.encode(): value.encode() for key, value in sent.items()}
    answer = await gateway.http.get(ME, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] not in {name, ""}


async def test_requests_without_a_name_get_different_ones(gateway: Gateway) -> None:
    names = {(await me(gateway)).headers["x-request-id"] for _ in range(3)}
    assert len(names) == 3


async def test_a_socket_is_refused_in_the_same_manner(gateway: Gateway) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with gateway.stream("/v1/nothing"):
            pass
    headers = refused.value.response.headers
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"


async def test_who_has_it_already_is_told_so(gateway: Gateway) -> None:
    first = await me(gateway)
    etag = first.headers["etag"]
    assert etag.startswith('"')
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await me(gateway, if_none_match=known)
        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == "no-store"
        assert "content-type" not in answer.headers
    assert (await me(gateway, if_none_match='"other"')).status_code == 200


async def test_what_has_changed_has_another_tag(gateway: Gateway) -> None:
    etag = (await me(gateway)).headers["etag"]
    changed = pb.Account()
    changed.CopyFrom(ACCOUNT)
    changed.handle = "other"
    gateway.services.replies[GET_ACCOUNT] = api.GetAccountResponse(account=changed)
    answer = await me(gateway, if_none_match=etag)
    assert answer.status_code == 200
    assert answer.headers["etag"] != etag


async def test_a_refusal_has_no_tag(gateway: Gateway) -> None:
    gateway.services.replies[GET_ACCOUNT] = errors.NotFound("nobody")
    answer = await me(gateway, if_none_match="*")
    assert_problem(answer, 404, "NOT_FOUND")
    assert "etag" not in answer.headers


async def test_pages_have_tags_too(gateway: Gateway) -> None:
    for path in ("/docs/swagger-ui-bundle.js", "/openapi.json"):
        etag = (await gateway.http.get(path)).headers["etag"]
        answer = await gateway.http.get(path, headers={"if-none-match": etag})
        assert answer.status_code == 304


async def test_a_condition_that_cannot_be_kept_is_not_overlooked(gateway: Gateway) -> None:
    headers = gateway.headers() | {"if-match": '"1"'}
    answer = await gateway.http.put("/v1/circles/c1/membership", headers=headers)
    assert_problem(answer, 400, "CONDITION_UNSUPPORTED")
    assert gateway.services.asked("/kith.community.v1.CircleService/JoinCircle") == []


async def test_a_web_app_that_may_ask_can_read_the_answer(gateway: Gateway) -> None:
    refused = await gateway.http.get(ME, headers={"origin": APP})
    for answer in (await me(gateway, origin=APP), refused):
        assert answer.headers["access-control-allow-origin"] == APP
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"etag", "retry-after", "x-request-id", "idempotency-replayed"} <= set(exposed)
        assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", APP + ".evil.example", ""])
async def test_another_may_not(gateway: Gateway, origin: str) -> None:
    answer = await me(gateway, origin=origin)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "origin"


async def preflight(gateway: Gateway, origin: str) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    return await gateway.http.options("/v1/circles", headers=headers)


async def test_a_browser_that_asks_first_is_told_what_may_be_sent(gateway: Gateway) -> None:
    answer = await preflight(gateway, APP)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == APP
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "idempotency-key", "if-none-match"} <= set(allowed)
    assert "access-control-allow-origin" not in (await preflight(gateway, "https://evil")).headers


async def test_options_tells_all_methods_of_an_address(gateway: Gateway) -> None:
    answer = await gateway.http.options("/v1/circles")
    assert answer.status_code == 204
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "OPTIONS"}
    assert_problem(await gateway.http.options("/v1/nothing"), 404, "ROUTE_NOT_FOUND")
