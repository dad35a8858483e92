"""The WebSocket at /v1/stream: a device signs in with its first frame, then gets new messages.

Close codes:

- 4400 a frame that is not understood, or any frame after the first
- 4401 no good token within five seconds, or it has expired, or its session has ended
- 4403 the policy does not let this account listen
- 4451 a decision on a consent is open; the reason says on which (CONSENT_REQUIRED purpose version)
- 4408 the device reads too slowly; it asks for what it missed over REST
- 4429 the member has too many sockets
- 1009 a frame that is too large, 1011 no answer to pings (both by the server library)
- 1012 this process ends, 1013 a part is away: connect again
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
from common.auth import Caller
from common.clock import Clock
from common.errors import DomainError, Kind
from common.grpc_client import call
from kith.messaging.v1 import messaging_service_pb2 as api
from policy.authorize import ConsentRequired, authorize
from policy.table import STREAM
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.adapters.clients import Services
from gateway.adapters.verifier import Verifier
from gateway.application.push import Arrival, Fetch
from gateway.application.sockets import Over, Socket, Sockets
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.asgi import Message as Event
from gateway.entrypoints.http.asgi import Receive, Scope, Send
from gateway.entrypoints.http.errors import HttpError, RouteNotFound
from gateway.entrypoints.http.messages import Message, message_of
from gateway.entrypoints.http.problems import send_problem

PATH = "/v1/stream"
MAX_FRAME_BYTES = 8 * 1024
AUTHENTICATE_SECONDS = 5.0
READY_SECONDS = 5.0
READY = '{"type":"ready"}'
_OVER: Mapping[Over, tuple[int, str]] = {
    Over.TOO_SLOW: (4408, "read too slowly; ask for the messages you missed"),
    Over.SIGNED_OUT: (4401, "the session has ended; sign in again"),
}


class Authenticate(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The first frame of a device."""

    type: Literal["authenticate"]
    access_token: str


class MessageFrame(msgspec.Struct, tag_field="type", tag="message"):
    """A new message, as REST shows it."""

    message: Message


class Close(Exception):
    """The connection ends, and the device is told why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Left(Exception):
    """The device closed the connection, or it was lost."""


class Stream:
    """The ASGI application of all WebSockets."""

    def __init__(
        self, sockets: Sockets, admission: Admission, verifier: Verifier, clock: Clock,
        heard: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        """`heard` returns once nothing that happens from now on is missed."""
        self._sockets = sockets
        self._admission = admission
        self._verifier = verifier
        self._clock = clock
        self._heard = heard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        await receive()  # websocket.connect
        try:
            self._admission.address(scope)
            if scope["path"] != PATH:
                raise RouteNotFound("there is no WebSocket at this address")
        except HttpError as refusal:
            await send_problem(send, refusal, scope["request_id"], "websocket.http.response")
            return
        try:
            await send({"type": "websocket.accept"})
            await self._serve(receive, send)
        except Close as end:
            await send({"type": "websocket.close", "code": end.code, "reason": end.reason})
        except (Left, OSError):
            pass  # nobody is there to be told

    async def _serve(self, receive: Receive, send: Send) -> None:
        caller = await self._caller(receive)
        try:
            socket = self._sockets.open(caller)
        except DomainError as error:
            raise Close(4429, error.message) from None
        try:
            self._still_in(caller)
            await self._ready()
            await send({"type": "websocket.send", "text": READY})
            await self._push(socket, receive, send)
        finally:
            self._sockets.close(socket)

    async def _caller(self, receive: Receive) -> Caller:
        try:
            async with asyncio.timeout(AUTHENTICATE_SECONDS):
                frame = _authenticate(await receive())
        except TimeoutError:
            raise Close(4401, "no token in time") from None
        try:
            caller = await self._verifier.verify(frame.access_token)
            authorize(caller, STREAM)
            return caller
        except DomainError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                raise Close(4401, error.message) from None
            if error.kind is Kind.FORBIDDEN:
                raise Close(4403, error.message) from None
            if isinstance(error, ConsentRequired):
                owed = " ".join(error.metadata.values())
                raise Close(4451, f"{error.reason} {owed}") from None
            raise Close(1013, "tokens cannot be verified now; try again") from None

    def _still_in(self, caller: Caller) -> None:
        """What ended between looking at the token and opening the socket."""
        try:
            self._verifier.check(caller)
        except DomainError as error:
            raise Close(4401, error.message) from None

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._heard()
        except TimeoutError:
            raise Close(1013, "messages cannot be pushed now; try again") from None

    async def _push(self, socket: Socket, receive: Receive, send: Send) -> None:
        """Send what is queued until something ends it. Raises Close, Left, OSError."""
        left = socket.caller.expires_at - self._clock.now().timestamp()
        parts = [
            asyncio.create_task(_read(receive)),
            asyncio.create_task(_write(send, socket)),
            asyncio.create_task(_over(socket)),
        ]
        try:
            done, _ = await asyncio.wait(parts, timeout=left, return_when="FIRST_COMPLETED")
            for part in done:
                part.result()
            raise Close(4401, "the access token has expired; sign in again")
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


def frames(services: Services) -> Fetch:
    """Fetches messages as frames, each in the name of who will see it."""

    async def fetch(token: str, arrival: Arrival) -> str | None:
        request = api.ListMessagesRequest(
            conversation_id=str(arrival.conversation_id),
            before_sequence=arrival.sequence + 1,  # not `after`: 0 would mean the newest page
            page_size=1,
        )
        reply = await call(services.messages.ListMessages, request, token=token)
        for message in reply.messages:
            if message.sequence == arrival.sequence and not message.withheld:
                return msgspec.json.encode(MessageFrame(message_of(message))).decode()
        return None

    return fetch


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's, except that closing does not wait for a device that has stopped reading.

    `lost` is called once the connection is over.
    """

    lost: Callable[[], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        if self.lost is not None:
            self.lost()

    async def send(self, message: Event) -> None:  # type: ignore[override]  # any ASGI event
        """See the ASGI specification."""
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(self.close_timeout, self.transport.abort)
        await super().send(message)  # type: ignore[arg-type]  # any ASGI event


def _authenticate(event: Event) -> Authenticate:
    if event["type"] == "websocket.disconnect":
        raise Left
    try:
        return msgspec.json.decode(event.get("text") or b"", type=Authenticate)
    except (msgspec.DecodeError, RecursionError):
        raise Close(4400, "the first frame must authenticate") from None


async def _read(receive: Receive) -> None:
    event = await receive()
    if event["type"] == "websocket.disconnect":
        raise Left
    raise Close(4400, "nothing is to be sent after the first frame")


async def _write(send: Send, socket: Socket) -> None:
    while True:
        await send({"type": "websocket.send", "text": await socket.frames.get()})


async def _over(socket: Socket) -> None:
    await socket.over.wait()
    code, reason = _OVER[socket.why or Over.TOO_SLOW]
    raise Close(code, reason)
