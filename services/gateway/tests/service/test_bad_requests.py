"""What is not exactly right is refused, named, and never reaches a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from kith.identity.v1 import identity_service_pb2 as identity
from structlog.testing import capture_logs

from services.gateway.tests.fakes import SEND_MESSAGE
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
MESSAGES = "/v1/conversations/v1/messages"
JSON = {"content-type": "application/json"}
LIMIT = 64 * 1024


async def post(
    gateway: Gateway, content: Any, path: str = MESSAGES, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send a body as it is, signed in."""
    sent = gateway.headers() | (JSON if headers is None else headers)
    answer = await gateway.http.post(path, content=content, headers=sent)
    assert [call.method for call in gateway.services.calls if "GetJwks" not in call.method] == []
    return answer


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"not json", b'{"clientMessageId": "a", "text": "b"} trailing', b"\xff\xfe", b"'x'",
        b'{"clientMessageId": "a", "text": "\\ud800"}', b'{"text": NaN}', b"{,}",
        b'\xef\xbb\xbf{"clientMessageId": "a", "text": "b"}', b'{"text": "\xc3\x28"}',
    ],
    ids=range(10),
)  # fmt: skip
async def test_what_is_not_json_is_malformed(gateway: Gateway, content: bytes) -> None:
    assert_problem(await post(gateway, content), 400, "MALFORMED_JSON")


@pytest.mark.parametrize(
    "path, content, field",
    [
        (MESSAGES, '{"clientMessageId": "a", "text": 5}', "text"),
        (MESSAGES, '{"clientMessageId": null, "text": "b"}', "clientMessageId"),
        (MESSAGES, '{"clientMessageId": "a"}', "text"),
        (MESSAGES, '{"clientMessageId": "a", "text": "b", "sender": "c"}', "sender"),
        (MESSAGES, '{"client_message_id": "a", "text": "b"}', "client_message_id"),
        (MESSAGES, "[]", ""),
        (MESSAGES, "[" * 20_000, ""),
        (MESSAGES, '"text"', ""),
        (MESSAGES, "null", ""),
        ("/v1/circles/c1/posts", '{"intent": "shout", "text": "b"}', "intent"),
        ("/v1/circles/c1/posts", '{"intent": "ASK", "text": "b"}', "intent"),
        ("/v1/circles", '{"displayName": "a", "requestId": ""}', "requestId"),
        ("/v1/invites", '{"roles": ["member", "queen"]}', "roles[1]"),
        ("/v1/invites", '{"maxUses": "5"}', "maxUses"),
        ("/v1/invites", '{"maxUses": 2147483648}', "maxUses"),
        ("/v1/invites", '{"maxUses": 1e400}', "maxUses"),
        ("/v1/invites", '{"maxUses": 1.5}', "maxUses"),
        ("/v1/invites", '{"expireTime": "tomorrow"}', "expireTime"),
        ("/v1/invites", '{"expireTime": "2026-01-01T00:00:00"}', "expireTime"),
        ("/v1/invites", '{"expireTime": 1767225600}', "expireTime"),
        ("/v1/invites", '{"expireTime": "0001-01-01T00:00:00+14:00"}', "expireTime"),
        ("/v1/responses", '{"instrumentId": "a", "answers": {"q1": "2"}}', "answers[...]"),
        (
            "/v1/programs",
            '{"displayName": "a", "weeks": 1, "steps":'
            ' [{"id": "s", "week": 1, "kind": "task", "title": "t", "due": 1}]}',
            "steps[0].due",
        ),
    ],
)
async def test_a_field_that_is_wrong_is_named(
    gateway: Gateway, path: str, content: str, field: str
) -> None:
    assert_problem(await post(gateway, content, path), 400, "INVALID_ARGUMENT", field)


async def test_a_true_that_is_a_text_is_no_consent(gateway: Gateway) -> None:
    answer = await gateway.http.put(
        "/v1/consents/signals", json={"granted": "true"}, headers=gateway.headers()
    )
    assert_problem(answer, 400, "INVALID_ARGUMENT", "granted")


async def test_a_purpose_nobody_can_agree_to_is_refused(gateway: Gateway) -> None:
    answer = await gateway.http.put(
        "/v1/consents/everything", json={"granted": True}, headers=gateway.headers()
    )
    assert_problem(answer, 400, "INVALID_ARGUMENT", "purpose")


@pytest.mark.parametrize(
    "query, field",
    [
        ("pageSize=x", "pageSize"), ("pageSize=-1", "pageSize"), ("pageSize=1.5", "pageSize"),
        ("pageSize=99999999999999999999", "pageSize"), ("pageSize=2147483648", "pageSize"),
        ("pageSize=", "pageSize"), ("asOfTime=yesterday", "asOfTime"),
        ("asOfTime=2026-01-01T00:00:00", "asOfTime"), ("asOfTime=1767225600", "asOfTime"),
        ("includeUnknown=perhaps", "includeUnknown"),
    ],
)  # fmt: skip
async def test_a_parameter_that_is_wrong_is_named(gateway: Gateway, query: str, field: str) -> None:
    answer = await gateway.http.get(f"/v1/signals?{query}", headers=gateway.headers())
    assert_problem(answer, 400, "INVALID_ARGUMENT", field)


async def test_a_body_is_needed(gateway: Gateway) -> None:
    assert_problem(await post(gateway, b""), 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "*"],
)
async def test_a_body_that_does_not_say_it_is_json_is_refused(
    gateway: Gateway, media_type: str
) -> None:
    content = b'{"clientMessageId": "a", "text": "b"}'
    answer = await post(gateway, content, headers={"content-type": media_type})
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_json_in_utf8_may_say_so(gateway: Gateway) -> None:
    answer = await post(gateway, b"{}", headers={"content-type": "Application/JSON; charset=utf-8"})
    assert_problem(answer, 400, "INVALID_ARGUMENT", "clientMessageId")


async def test_a_body_over_the_limit_is_refused_by_its_length(gateway: Gateway) -> None:
    answer = await post(gateway, b"x" * (LIMIT + 1))
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert answer.json()["metadata"] == {"most_bytes": str(LIMIT)}


async def test_a_body_over_the_limit_is_refused_when_it_does_not_say_its_length(
    gateway: Gateway,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1024

    assert_problem(await post(gateway, chunks()), 413, "BODY_TOO_LARGE")


async def test_a_body_at_the_limit_is_read(gateway: Gateway) -> None:
    start, end = b'{"text": "', b'"}'
    content = start + b"x" * (LIMIT - len(start) - len(end)) + end
    assert_problem(await post(gateway, content), 400, "INVALID_ARGUMENT", "clientMessageId")


async def test_the_connection_is_good_for_more_after_a_refusal(gateway: Gateway) -> None:
    for content in (b"{", b"x" * (LIMIT + 1), b"[]"):
        await post(gateway, content)
    answer = await gateway.http.get("/healthz")
    assert answer.json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/accounts/a/b", "/v2/feed", "/a"])
async def test_an_address_where_nothing_is_says_so(gateway: Gateway, path: str) -> None:
    assert_problem(await gateway.http.get(path), 404, "ROUTE_NOT_FOUND")


async def test_a_method_that_is_not_taken_is_told_which_are(gateway: Gateway) -> None:
    answer = await gateway.http.delete("/v1/circles", headers=gateway.headers())
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_a_token_is_asked_for_before_the_body_is_looked_at(gateway: Gateway) -> None:
    answer = await gateway.http.post(MESSAGES, content=b"{", headers=JSON)
    assert_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_client_that_goes_away_in_the_middle_harms_nobody(
    gateway: Gateway,
) -> None:
    host, port = str(gateway.address).rsplit(":", 1)
    head = (
        f"POST {MESSAGES} HTTP/1.1\r\nhost: kith\r\ncontent-type: application/json\r\n"
        f"authorization: {gateway.headers()['authorization']}\r\ncontent-length: 1000\r\n\r\n"
    )
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + b'{"text":')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await gateway.http.get("/healthz")).status_code == 200
    assert gateway.services.asked(SEND_MESSAGE) == []
    assert logs == []


async def test_a_registration_without_a_request_id_has_none(gateway: Gateway) -> None:
    """The gateway makes none up: it does not repeat a registration by itself."""
    register = "/kith.identity.v1.AccountService/Register"
    gateway.services.replies[register] = identity.RegisterResponse()
    body = {"inviteCode": "a", "handle": "b", "email": "c", "password": "d"}
    assert (await gateway.http.post("/v1/registrations", json=body)).status_code == 201
    [call] = gateway.services.asked(register)
    assert isinstance(call.request, identity.RegisterRequest)
    assert call.request.request_id == ""
    answer = await gateway.http.post("/v1/registrations", json=body | {"requestId": ""})
    assert_problem(answer, 400, "INVALID_ARGUMENT", "requestId")
