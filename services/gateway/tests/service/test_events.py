"""The stream as server-sent events: the same frames, and a place to come back to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from common.testing.poll import until
from gateway.application.news import News
from gateway.entrypoints.events import QUEUE_FRAMES
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import messaging_service_pb2 as messaging

from services.gateway.tests.fakes import LIST_MESSAGES
from services.gateway.tests.gateways import Gateway, running
from services.gateway.tests.tokens import ADA, NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Stream:
    """An open answer, read event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.id = ""
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """Name and data of the next event; comments are passed over."""
        name, data = "message", None
        async with asyncio.timeout(60):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if not line and data is not None:
                    return name, data
                name = value if field == "event" else name
                data = json.loads(value) if field == "data" else data
                self.id = value if field == "id" else self.id
        return "end", None


@asynccontextmanager
async def listening(gateway: Gateway, token: str = "", **more: Any) -> AsyncIterator[Stream]:
    """The stream of a member, ready."""
    headers = gateway.headers(token or None) | more.pop("headers", {})
    async with gateway.http.stream("GET", "/v1/stream", headers=headers, **more) as answer:
        assert answer.status_code == 200, await answer.aread()
        stream = Stream(answer)
        assert await stream.next() == ("message", {"type": "ready"})
        yield stream


def tell(gateway: Gateway, talk: str, sequence: int) -> None:
    """A message was sent."""
    watch = gateway.watches._by_member[NETWORK, ADA]
    frame = {"type": "message", "message": {"conversationId": talk, "sequence": sequence}}
    gateway.watches.told(News([watch.number], talk, json.dumps(frame).encode(), sequence))


async def test_what_is_new_comes_as_events_with_a_place_to_come_back_to(gateway: Gateway) -> None:
    async with listening(gateway) as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.answer.headers["cache-control"] == "no-store"
        for talk, sequence in (("c", 1), ("d", 1), ("c", 2)):
            tell(gateway, talk, sequence)
            name, data = await stream.next()
            assert (name, data["message"]["sequence"]) == ("message", sequence)
        assert stream.id == "d:1,c:2"
        gateway.tell(ADA, '{"type":"typing"}')
        assert await stream.next() == ("message", {"type": "typing"})

    async def nobody() -> bool:
        return not gateway.watches.present(NETWORK, [ADA])

    await until(nobody)


@pytest.mark.parametrize(
    "sent",
    [{"params": {"resume": "c:1"}}, {"headers": {"last-event-id": "c:1"}},
     {"params": {"resume": "c:0"}, "headers": {"last-event-id": "c:1"}}],
    ids=["asked", "by itself", "both"],
)  # fmt: skip
async def test_who_comes_back_is_told_what_she_missed(gateway: Gateway, sent: Any) -> None:
    message = messaging_pb2.Message(conversation_id="c", sequence=2, text="missed")
    gateway.services.replies[LIST_MESSAGES] = messaging.ListMessagesResponse(messages=[message])
    gateway.line.ends = [("c", 2)]
    async with listening(gateway, **sent) as stream:
        _, data = await stream.next()
        assert data["message"]["text"] == "missed"
    [asked] = gateway.services.asked(LIST_MESSAGES)
    assert asked.request == messaging.ListMessagesRequest(
        conversation_id="c", after_sequence=1, page_size=100, oldest_first=True
    )


async def test_who_comes_back_by_herself_is_told_how_far_the_others_go(gateway: Gateway) -> None:
    gateway.line.ends = [("c", 2), ("d", 900)]
    async with listening(gateway, headers={"last-event-id": "c:2"}) as stream:
        behind = {"type": "behind", "conversationId": "d", "lastSequence": 900}
        assert await stream.next() == ("message", behind)
        tell(gateway, "d", 901)
        assert (await stream.next())[1]["message"]["sequence"] == 901
    assert not gateway.services.asked(LIST_MESSAGES)


@pytest.mark.parametrize("resume", ["c", "c:", ":1", "c:-1", "c:x", "c:1;d:2", "c:" + "9" * 30])
async def test_a_place_that_is_none_is_refused(gateway: Gateway, resume: str) -> None:
    answer = await gateway.http.get(
        "/v1/stream", params={"resume": resume}, headers=gateway.headers()
    )
    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_ARGUMENT")


async def test_who_may_not_listen_is_told_as_anywhere(gateway: Gateway) -> None:
    assert (await gateway.http.get("/v1/stream")).status_code == 401
    analyst = gateway.headers(gateway.issuer.token(roles=("sponsor_analyst",)))
    assert (await gateway.http.get("/v1/stream", headers=analyst)).status_code == 403
    assert (await gateway.http.post("/v1/stream", headers=gateway.headers())).status_code == 404


async def test_it_ends_with_the_token_and_says_so(gateway: Gateway) -> None:
    async with listening(gateway, gateway.issuer.token(seconds=1.5)) as stream:
        name, data = await stream.next()
        assert (name, data["code"]) == ("close", 4401)
        assert await stream.next() == ("end", None)


async def test_who_reads_too_slowly_is_told_where_to_ask(gateway: Gateway) -> None:
    async with listening(gateway) as stream:
        for sequence in range(1, QUEUE_FRAMES + 3):
            tell(gateway, "c", sequence)
        found = [(await stream.next())[1] for _ in range(QUEUE_FRAMES + 1)]
        assert [one["message"]["sequence"] for one in found[:-1]] == list(
            range(1, QUEUE_FRAMES + 1)
        )
        behind = {"type": "behind", "conversationId": "c", "lastSequence": QUEUE_FRAMES + 2}
        assert found[-1] == behind


async def test_a_process_that_ends_says_so() -> None:
    async with running() as other:
        headers = other.headers()
        client = httpx.AsyncClient(base_url=str(other.http.base_url))
        answer = await client.send(
            client.build_request("GET", "/v1/stream", headers=headers), stream=True
        )
        stream = Stream(answer)
        assert await stream.next() == ("message", {"type": "ready"})
    name, data = await stream.next()
    assert (name, data["code"]) == ("close", 1012)
    await client.aclose()
