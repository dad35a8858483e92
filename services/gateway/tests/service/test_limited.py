"""Over a limit: 429, a Retry-After that is true, and nobody else is held up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
import websockets
from gateway.application.limits import Rate, Rates
from gateway.config import Outside
from kith.community.v1 import community_service_pb2 as community
from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import identity_service_pb2 as identity
from structlog.testing import capture_logs

from services.gateway.tests.builders import ACCOUNT, CIRCLE
from services.gateway.tests.gateways import PLENTY, Gateway, running
from services.gateway.tests.problems import assert_problem
from services.gateway.tests.tokens import ADA, BEN

pytestmark = pytest.mark.asyncio(loop_scope="module")
GET_ACCOUNT = "/kith.identity.v1.AccountService/GetAccount"
CREATE = "/kith.community.v1.CircleService/CreateCircle"
LIST_POSTS = "/kith.community.v1.PostService/ListPosts"
LIST_FEED = "/kith.community.v1.PostService/ListHomeFeed"
LIST_SESSIONS = "/kith.identity.v1.DeviceService/ListSessions"
SIGN_IN = "/kith.identity.v1.SessionService/CreateSession"
PROXIED = {"x-forwarded-for": "203.0.113.1"}


class Watch:
    """Seconds that pass when told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


WATCH = Watch()
STRICT = Rates(
    address=Rate(10, 30), sign_in=Rate(0.1, 2), reads=Rate(0.5, 3), writes=Rate(0.25, 2),
    walks=Rate(0.2, 2),
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Gateway]:
    """A gateway behind a proxy, with few tokens in its buckets."""
    async with running(outside=Outside(STRICT, proxies=("127.0.0.0/8",)), now=WATCH) as gateway:
        yield gateway


@pytest.fixture
def gateway(started: Gateway) -> Gateway:
    """The gateway, every bucket full."""
    started.reset()
    WATCH.seconds += 10_000
    started.services.replies[GET_ACCOUNT] = identity.GetAccountResponse(account=ACCOUNT)
    started.services.replies[CREATE] = community.CreateCircleResponse(circle=CIRCLE)
    started.services.replies[SIGN_IN] = identity.CreateSessionResponse()
    return started


async def read(gateway: Gateway, token: str, **headers: str) -> httpx.Response:
    sent = gateway.headers(token) | headers
    return await gateway.http.get("/v1/accounts/me", headers=sent)


async def write(gateway: Gateway, token: str) -> httpx.Response:
    body = {"displayName": "a"}
    return await gateway.http.post("/v1/circles", json=body, headers=gateway.headers(token))


async def sign_in(gateway: Gateway, path: str = "/v1/sessions", **headers: str) -> httpx.Response:
    body = {"network": "n", "email": "e", "password": "p"}
    url = f"http://{gateway.address}{path}"
    return await gateway.http.post(url, json=body, headers=headers)


async def test_an_account_may_read_so_often_and_no_service_hears_of_more(gateway: Gateway) -> None:
    token = gateway.issuer.token()
    assert [(await read(gateway, token)).status_code for _ in range(3)] == [200] * 3
    answer = await read(gateway, token)
    assert_problem(answer, 429, "RATE_LIMITED")
    assert len(gateway.services.asked(GET_ACCOUNT)) == 3
    assert answer.headers["retry-after"] == "2"
    WATCH.seconds += 2
    assert (await read(gateway, token)).status_code == 200


async def test_a_new_token_is_the_same_account(gateway: Gateway) -> None:
    for _ in range(3):
        await read(gateway, gateway.issuer.token())
    assert_problem(await read(gateway, gateway.issuer.token()), 429, "RATE_LIMITED")
    assert (await read(gateway, gateway.issuer.token(BEN))).status_code == 200


async def test_who_reads_on_and_on_what_others_wrote_is_slowed_and_seen(
    gateway: Gateway,
) -> None:
    """One circle after the other, a new page or the first: one walk. Her own things are not."""
    token = gateway.issuer.token()
    headers = gateway.headers(token)
    gateway.services.replies[LIST_POSTS] = community.ListPostsResponse()
    gateway.services.replies[LIST_FEED] = community.ListHomeFeedResponse()
    paths = [f"/v1/circles/{CIRCLE.id}/posts?pageSize=25", "/v1/feed?pageToken=x", "/v1/feed"]
    with capture_logs() as logs:
        answers = [await gateway.http.get(path, headers=headers) for path in paths]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert_problem(answers[-1], 429, "RATE_LIMITED")
        assert answers[-1].headers["retry-after"] == "5"
        WATCH.seconds += 4
        assert (await gateway.http.get("/v1/feed", headers=headers)).status_code == 429
    told = [log["member_id"] for log in logs if log["event"] == "door.walk_slowed"]
    assert told == [str(ADA)]  # once, not at each try
    assert (await read(gateway, token)).status_code == 200
    bens = gateway.headers(gateway.issuer.token(BEN))
    assert (await gateway.http.get("/v1/feed", headers=bens)).status_code == 200
    WATCH.seconds += 2
    assert (await gateway.http.get("/v1/feed", headers=headers)).status_code == 200


async def test_a_larger_page_is_more_of_a_walk(gateway: Gateway) -> None:
    headers = gateway.headers(gateway.issuer.token())
    gateway.services.replies[LIST_FEED] = community.ListHomeFeedResponse()
    answers = [
        await gateway.http.get("/v1/feed", params={"pageSize": size}, headers=headers)
        for size in ("26", "1")
    ]
    assert [answer.status_code for answer in answers] == [200, 429]


async def test_a_size_that_no_page_has_is_refused_and_takes_one(gateway: Gateway) -> None:
    headers = gateway.headers(gateway.issuer.token())
    gateway.services.replies[LIST_FEED] = community.ListHomeFeedResponse()
    answers = [
        await gateway.http.get("/v1/feed", params={"pageSize": size}, headers=headers)
        for size in ("1001", "1", "1")
    ]
    assert [answer.status_code for answer in answers] == [400, 200, 429]


async def test_writes_are_counted_by_themselves(gateway: Gateway) -> None:
    token = gateway.issuer.token()
    assert [(await write(gateway, token)).status_code for _ in range(2)] == [201] * 2
    answer = await write(gateway, token)
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["retry-after"] == "4"
    assert (await read(gateway, token)).status_code == 200


async def test_a_replay_is_counted_as_the_write_it_was(gateway: Gateway) -> None:
    headers = gateway.headers() | {"idempotency-key": "k" * 20}
    body = {"displayName": "a"}
    statuses = [
        (await gateway.http.post("/v1/circles", json=body, headers=headers)).status_code
        for _ in range(3)
    ]
    assert statuses == [201, 201, 429]


@pytest.mark.parametrize(
    "path", ["/v1/sessions", "/v1/sessions/", "//v1/sessions", "/v1/%73essions"]
)
async def test_few_tries_to_get_in_however_the_address_is_written(
    gateway: Gateway, path: str
) -> None:
    assert (await sign_in(gateway, path)).status_code == 201
    assert (await sign_in(gateway, "/v1/sessions")).status_code == 201
    answer = await sign_in(gateway, path)
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["retry-after"] == "10"
    assert (await sign_in(gateway, path, **PROXIED)).status_code == 201
    body = {"inviteCode": "a", "handle": "b", "email": "c", "password": "d"}
    register = await gateway.http.post("/v1/registrations", json=body)
    assert_problem(register, 429, "RATE_LIMITED")
    refresh = await gateway.http.post("/v1/sessions/refresh", json={"refreshToken": "a"})
    assert_problem(refresh, 429, "RATE_LIMITED")
    gateway.services.replies[LIST_SESSIONS] = devices.ListSessionsResponse()
    listed = await gateway.http.get("/v1/sessions", headers=gateway.headers())
    assert listed.status_code == 200  # at the same address, but not to get in


async def test_an_address_is_counted_with_all_its_accounts_and_without(gateway: Gateway) -> None:
    for _ in range(30):
        assert (await gateway.http.get("/v1/nothing")).status_code == 404
    assert_problem(await gateway.http.get("/v1/nothing"), 429, "RATE_LIMITED")
    assert_problem(await read(gateway, gateway.issuer.token()), 429, "RATE_LIMITED")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with gateway.stream():
            pass
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["retry-after"] == "1"
    assert (await gateway.http.get("/healthz")).status_code == 200
    assert (await read(gateway, gateway.issuer.token(), **PROXIED)).status_code == 200


async def test_a_client_cannot_choose_its_address_through_a_proxy(gateway: Gateway) -> None:
    """The proxy adds what it sees at the end; whatever the client put before it is not believed."""
    for number in range(2):
        forwarded = f"198.51.100.{number}, 203.0.113.7"
        await sign_in(gateway, **{"x-forwarded-for": forwarded})
    refused = await sign_in(gateway, **{"x-forwarded-for": "198.51.100.9, 203.0.113.7"})
    assert_problem(refused, 429, "RATE_LIMITED")


async def test_a_stranger_with_a_key_is_counted_once_and_before_anything_is_written(
    gateway: Gateway,
) -> None:
    """The store is away: who is let in is told so, who is refused never came to it."""
    gateway.records.away = True
    answers = [
        await gateway.http.post(
            "/v1/registrations", json={"inviteCode": "a"},
            headers={"idempotency-key": f"0123456789abcdef-{number}"},
        )
        for number in range(3)
    ]  # fmt: skip
    gateway.records.away = False
    assert [answer.status_code for answer in answers] == [503, 503, 429]
    assert_problem(answers[2], 429, "RATE_LIMITED")


async def test_without_a_trusted_proxy_nobody_is_believed() -> None:
    rates = Rates(PLENTY, Rate(0.1, 1), PLENTY, PLENTY, PLENTY)
    async with running(outside=Outside(rates), now=Watch()) as direct:
        direct.services.replies[SIGN_IN] = identity.CreateSessionResponse()
        assert (await sign_in(direct, **PROXIED)).status_code == 201
        refused = await sign_in(direct, **{"x-forwarded-for": "203.0.113.2"})
        assert_problem(refused, 429, "RATE_LIMITED")
