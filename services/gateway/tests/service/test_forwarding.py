"""The gRPC door: what comes in goes on byte for byte, and what the service says comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from common import errors, grpc_client
from common.errors import DomainError
from common.grpc_server import Context
from common.testing.poll import until
from gateway.adapters.watched import Status, Watched
from google.rpc import error_details_pb2, status_pb2
from kith.identity.v1 import identity_pb2
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import messaging_service_pb2 as messaging
from kith.messaging.v1 import messaging_service_pb2_grpc as messaging_grpc

from services.gateway.tests.fakes import IMPORT_MESSAGES, SEND_MESSAGE
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.tokens import Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMPORT_ACCOUNTS = "/kith.identity.v1.AccountService/ImportAccounts"


def batch(first: int, count: int = 3) -> messaging.ImportMessagesRequest:
    """Rows of a history."""
    rows = [
        messaging_pb2.ImportedMessage(row=row, sender_id="a", recipient_id="b", text="hello")
        for row in range(first, first + count)
    ]
    return messaging.ImportMessagesRequest(source="test", messages=rows)


async def batches(*made: object) -> AsyncIterator[Any]:
    for one in made:
        yield one


async def import_messages(gateway: Gateway, stream: AsyncIterator[Any], token: str = "") -> Any:
    stub = messaging_grpc.MessageServiceStub(gateway.channel)
    signed_in = token or gateway.issuer.token()
    return await grpc_client.call(stub.ImportMessages, stream, token=signed_in)


async def test_a_stream_arrives_as_it_was_sent_in_the_name_of_who_sent_it(
    gateway: Gateway,
) -> None:
    taken: list[messaging.ImportMessagesRequest] = []

    async def take(stream: AsyncIterator[Any], _context: Context) -> Any:
        taken.extend([one async for one in stream])
        return messaging.ImportMessagesResponse(created_count=6, existing_count=1)

    gateway.services.replies[IMPORT_MESSAGES] = take
    token = gateway.issuer.token()
    sent = [batch(1), batch(4)]
    reply = await import_messages(gateway, batches(*sent), token)
    assert reply == messaging.ImportMessagesResponse(created_count=6, existing_count=1)
    assert taken == sent
    [call] = gateway.services.asked(IMPORT_MESSAGES)
    assert call.token == token


@pytest.mark.parametrize("role", ["member", "moderator", "care_team", "platform_operator"])
async def test_whom_the_policy_refuses_sends_nothing_through(gateway: Gateway, role: str) -> None:
    with pytest.raises(DomainError) as refused:
        await import_messages(gateway, batches(batch(1)), gateway.issuer.token(roles=(role,)))
    assert (refused.value.reason, refused.value.metadata) == (
        "FORBIDDEN", {"needed": "network_admin"},
    )  # fmt: skip
    assert gateway.services.asked(IMPORT_MESSAGES) == []


async def test_accounts_come_in_by_the_same_door(gateway: Gateway) -> None:
    async def take(stream: AsyncIterator[Any], _context: Context) -> Any:
        ids = {one.external_id: "m" async for batch in stream for one in batch.accounts}
        return identity.ImportAccountsResponse(created_count=len(ids), member_ids=ids)

    gateway.services.replies[IMPORT_ACCOUNTS] = take
    stub = identity_grpc.AccountServiceStub(gateway.channel)
    account = identity_pb2.ImportedAccount(external_id="7", handle="seven")
    request = identity.ImportAccountsRequest(source="test", accounts=[account])
    reply = await grpc_client.call(
        stub.ImportAccounts, batches(request), token=gateway.issuer.token()
    )
    assert reply.member_ids == {"7": "m"}


async def test_bytes_that_only_the_service_understands_pass_unread(gateway: Gateway) -> None:
    seen: list[bytes] = []

    async def take(stream: AsyncIterator[Any], _context: Context) -> Any:
        seen.extend([one.SerializeToString() async for one in stream])
        return messaging.ImportMessagesResponse()

    gateway.services.replies[IMPORT_MESSAGES] = take
    raw: Any = gateway.channel.stream_unary(IMPORT_MESSAGES)
    newer = batch(1).SerializeToString() + b"\xba\x3e\x03new"  # a field we do not know, 999
    await grpc_client.call(raw, batches(newer), token=gateway.issuer.token())
    assert seen == [newer]


class RowInvalid(errors.Invalid):
    reason = "IMPORT_ROW_INVALID"


async def refused(gateway: Gateway, stream: AsyncIterator[Any]) -> Status:
    """How a stream ended that must not end well; this end of the channel is grpc.aio as well."""
    watched = Watched(messaging_grpc.MessageServiceStub(gateway.channel).ImportMessages)
    metadata = [("authorization", f"Bearer {gateway.issuer.token()}")]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watched(stream, timeout=20, metadata=metadata)
    return watched.status(caught.value)


async def test_a_refusal_in_the_middle_comes_back_whole_however_much_is_on_its_way(
    gateway: Gateway,
) -> None:
    async def refuse(stream: AsyncIterator[Any], _context: Context) -> Any:
        async for _ in stream:
            raise RowInvalid("row 4: text is empty", row="4", field="text")

    gateway.services.replies[IMPORT_MESSAGES] = refuse
    large = batch(1, count=1000)
    for _ in range(100):
        ended = await refused(gateway, batches(large, large, large, large))
        assert ended.code is grpc.StatusCode.INVALID_ARGUMENT
        assert ended.details == "row 4: text is empty"
        [content] = [value for key, value in ended.trailing if key == "grpc-status-details-bin"]
        assert isinstance(content, bytes)
        info = error_details_pb2.ErrorInfo()
        assert status_pb2.Status.FromString(content).details[0].Unpack(info)
        assert (info.reason, info.domain) == ("IMPORT_ROW_INVALID", "messaging.kith")
        assert dict(info.metadata) == {"row": "4", "field": "text"}


@pytest.mark.parametrize(
    "code, kind, message",
    [
        (grpc.StatusCode.OUT_OF_RANGE, errors.Kind.INVALID, "said by the service"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.Kind.LIMITED, "said by the service"),
        (grpc.StatusCode.UNAVAILABLE, errors.Kind.UNAVAILABLE, "the service did not answer"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.Kind.UNAVAILABLE, "the service did not answer"),
        (grpc.StatusCode.INTERNAL, errors.Kind.INTERNAL, "internal error"),
    ],
)
async def test_what_grpc_itself_says_of_a_service_is_not_told_to_strangers(
    gateway: Gateway, code: grpc.StatusCode, kind: errors.Kind, message: str
) -> None:
    async def end(_stream: AsyncIterator[Any], context: Context) -> Any:
        await context.abort(code, "said by the service")

    gateway.services.replies[IMPORT_MESSAGES] = end
    with pytest.raises(DomainError) as caught:
        await import_messages(gateway, batches(batch(1)))
    assert caught.value.kind is kind
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("token", ["nonsense", Issuer("one").token(), ""])
async def test_a_stranger_is_stopped_at_the_door(gateway: Gateway, token: str) -> None:
    stub: Any = messaging_grpc.MessageServiceStub(gateway.channel)
    with pytest.raises(DomainError) as caught:
        await grpc_client.call(stub.ImportMessages, batches(batch(1)), token=token or None)
    assert caught.value.kind is errors.Kind.UNAUTHENTICATED
    assert gateway.services.asked(IMPORT_MESSAGES) == []


@pytest.mark.parametrize(
    "method",
    [SEND_MESSAGE, "/kith.identity.v1.NetworkService/CreateNetwork", "/kith.Nothing/Nothing"],
)
async def test_a_method_that_is_not_in_the_table_does_not_exist(
    gateway: Gateway, method: str
) -> None:
    ask: Any = gateway.channel.unary_unary(method)
    metadata = [("authorization", f"Bearer {gateway.issuer.token()}")]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(b"", metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert gateway.services.asked(method) == []


async def test_a_service_that_reads_slowly_slows_the_sender_down(gateway: Gateway) -> None:
    """What does this test do? The service takes one batch and then nothing more. A door that
    stored what it cannot pass on would let the sender send everything; this one lets it send only
    what fits in the buffers of two connections."""
    total, size = 400, 100_000
    sent = 0
    go_on = asyncio.Event()

    async def take(stream: AsyncIterator[Any], _context: Context) -> Any:
        taken = 0
        async for _ in stream:
            taken += 1
            await go_on.wait()
        return messaging.ImportMessagesResponse(created_count=taken)

    async def send() -> AsyncIterator[Any]:
        nonlocal sent
        for row in range(total):
            text = messaging_pb2.ImportedMessage(row=row, text="x" * size)
            yield messaging.ImportMessagesRequest(source="test", messages=[text])
            sent += 1

    gateway.services.replies[IMPORT_MESSAGES] = take
    call = asyncio.create_task(import_messages(gateway, send()))
    before = -1

    async def stands_still() -> bool:
        nonlocal before
        stands, before = sent == before and sent > 0, sent
        return stands

    await until(stands_still, every=0.3)
    assert sent * size < 20_000_000  # of 40 million
    go_on.set()
    assert (await call).created_count == total


async def test_a_sender_that_goes_away_ends_the_call_behind_the_door(gateway: Gateway) -> None:
    ended = asyncio.Event()

    async def take(stream: AsyncIterator[Any], _context: Context) -> Any:
        try:
            async for _ in stream:
                pass
        finally:
            ended.set()

    async def endless() -> AsyncIterator[Any]:
        yield batch(1)
        await asyncio.Event().wait()

    gateway.services.replies[IMPORT_MESSAGES] = take
    call = asyncio.create_task(import_messages(gateway, endless()))

    async def arrived() -> bool:
        return bool(gateway.services.asked(IMPORT_MESSAGES))

    await until(arrived)
    call.cancel()
    async with asyncio.timeout(60):
        await ended.wait()
    assert call.cancelled() or call.cancelling()


async def test_the_deadline_of_the_sender_holds_behind_the_door(gateway: Gateway) -> None:
    left: list[float] = []

    async def take(_stream: AsyncIterator[Any], context: Context) -> Any:
        left.append(context.time_remaining())
        return messaging.ImportMessagesResponse()

    gateway.services.replies[IMPORT_MESSAGES] = take
    await import_messages(gateway, batches(batch(1)))
    assert 0 < left[0] < grpc_client.DEADLINE_SECONDS + 1
