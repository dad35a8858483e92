"""Whatever comes over a WebSocket ends in a documented close code, never in a stuck task."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence

import pytest
from common.testing.poll import until
from gateway.entrypoints import stream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.gateway.tests.gateways import Gateway
from services.gateway.tests.tokens import ADA, BEN, NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOCUMENTED = {
    1000, 1002, 1007, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4408, 4429, 4451,
}  # fmt: skip
TEXT, BINARY, CLOSE, PING, PONG, MORE = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
HEAD = (
    b"GET /v1/stream HTTP/1.1\r\nhost: kith\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
)
MUCH = {b"deep": b"[" * 60_000, b"long": b"x" * 70_000}  # by a name that can be shown
TOKEN = "THE TOKEN"  # in place of a good one, which no strategy knows


def frame(content: bytes, opcode: int = TEXT, *, first: int = 0x80, masked: bool = True) -> bytes:
    """A frame as a client sends it, or ought not to."""
    size = len(content)
    if size < 126:
        length = bytes([size])
    else:
        length = (
            b"\x7e" + size.to_bytes(2, "big")
            if size < 1 << 16
            else b"\x7f" + size.to_bytes(8, "big")
        )
    mask = os.urandom(4) if masked else b""
    if masked:
        length = bytes([length[0] | 0x80]) + length[1:]
        content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
    return bytes([first | opcode]) + length + mask + content


def said(**fields: object) -> bytes:
    return json.dumps(fields).encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
positions = st.dictionaries(st.text(max_size=40), st.integers(-2, 2**64), max_size=4)
wanted = st.builds(said, type=st.just("authenticate"), accessToken=st.just(TOKEN), resume=positions)
understood = st.one_of(
    st.just(said(type="authenticate", accessToken=TOKEN)),
    wanted,
    st.builds(
        said, type=st.just("send"), id=st.text(max_size=70), conversationId=st.text(max_size=8),
        clientMessageId=st.text(max_size=8), text=st.text(max_size=20),
    ),
    st.builds(said, type=st.just("typing"), conversationId=st.text(max_size=8)),
)  # fmt: skip
odd = st.one_of(
    st.binary(max_size=30),
    st.builds(lambda value: json.dumps(value).encode(), values),
    understood.map(lambda content: content[:-3]),
)
frames = st.one_of(
    st.builds(frame, understood),
    st.builds(frame, odd),
    st.builds(
        frame, st.binary(max_size=130), st.integers(0, 15),
        first=st.sampled_from([0x80, 0x00, 0xC0, 0x90]), masked=st.booleans(),
    ),
    st.builds(frame, understood, first=st.just(0x00)),  # begun and perhaps not ended
    st.builds(frame, st.binary(max_size=10), st.just(MORE)),
    st.builds(lambda code: frame(code.to_bytes(2, "big"), CLOSE), st.integers(0, 5_000)),
    st.binary(max_size=20),  # no frame
)  # fmt: skip


async def spoken(gateway: Gateway, sent: Sequence[bytes]) -> int | None:
    """Say all that, then hang up; the close code if there came one, 0 if it was cut off."""
    reader, writer = await asyncio.open_connection(gateway.address.host, gateway.address.port)
    token = gateway.issuer.token().encode()
    try:
        writer.write(HEAD)
        await reader.readuntil(b"\r\n\r\n")
        for content in sent:
            whole = MUCH.get(content) or content.replace(TOKEN.encode(), token)
            writer.write(frame(whole))
        writer.write(frame((1000).to_bytes(2, "big"), CLOSE))
        async with asyncio.timeout(60):
            return _close_code(await reader.read(-1))
    except ConnectionError:
        return None
    finally:
        writer.close()


def _close_code(heard: bytes) -> int:
    """Of the frames of a server, the code of the one that closes."""
    while len(heard) >= 2:
        size, start = heard[1], 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(heard[2 : 2 + wide], "big"), 2 + wide
        if heard[0] == 0x80 | CLOSE:
            return int.from_bytes(heard[start : start + 2], "big")
        heard = heard[start + size :]
    return 0


async def rests(gateway: Gateway) -> None:
    """Until nothing is left of anybody."""

    async def nobody() -> bool:
        left = [task for task in asyncio.all_tasks() if task.get_name() == "stream"]
        return not left and not gateway.watches.present(NETWORK, [ADA, BEN])

    await until(nobody)


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(contents=st.lists(st.one_of(understood, odd, st.sampled_from(sorted(MUCH))), max_size=6))
async def test_any_order_of_contents_ends_as_it_is_documented(
    gateway: Gateway, contents: list[bytes]
) -> None:
    with capture_logs() as logs:
        code = await spoken(gateway, contents)
        await rests(gateway)
    assert code in DOCUMENTED, code
    assert not [line for line in logs if line["log_level"] == "error"]


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(sent=st.lists(frames, max_size=6))
async def test_any_frames_and_what_is_none_end_as_it_is_documented(
    gateway: Gateway, sent: list[bytes]
) -> None:
    with capture_logs() as logs:
        code = await raw(gateway, b"".join(sent))
        await rests(gateway)
    assert code in DOCUMENTED | {0}, code
    assert not [line for line in logs if line["log_level"] == "error"]


async def raw(gateway: Gateway, content: bytes) -> int:
    """Say it and nothing more; 0 where the gateway waits for the rest."""
    reader, writer = await asyncio.open_connection(gateway.address.host, gateway.address.port)
    try:
        writer.write(HEAD)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        writer.write_eof()
        async with asyncio.timeout(60):
            return _close_code(await reader.read(-1))
    except ConnectionError:
        return 0
    finally:
        writer.close()


async def test_the_codes_are_those_that_are_documented() -> None:
    told = stream.__doc__ or ""
    assert all(str(code) in told for code in DOCUMENTED)
