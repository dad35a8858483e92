"""The WebSocket at /v1/stream: a device signs in with its first frame, then is told what is new and
may send; the frames are in `frames.py`.

Close codes:

- 1000 the device closed
- 4400 a frame that is not understood, or a first one that does not authenticate
- 4401 no good token within five seconds, or it has expired, or its session has ended
- 4403 the policy does not let this account listen
- 4451 a decision on a consent is open; the reason says on which (CONSENT_REQUIRED purpose version)
- 4408 the device did not read for half a minute; or it did not answer pings
- 4429 the member has too many sockets, or went on sending what was refused as too much
- 1002, 1007, 1009 what is no WebSocket, no UTF-8, too large a frame (RFC 6455 section 7.4.1)
- 1012 this process ends, 1013 a part is away: connect again
- 1011 a bug here
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from common import log
from common.auth import Caller
from common.clock import Clock
from common.errors import DomainError, Kind
from common.grpc_client import call
from kith.messaging.v1 import messaging_service_pb2 as api
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport
from policy.authorize import ConsentRequired, authorize
from policy.table import STREAM

from gateway.adapters.clients import Services
from gateway.adapters.verifier import Verifier
from gateway.application.devices import OVER, Device, Over
from gateway.application.watching import Watches
from gateway.entrypoints import frames
from gateway.entrypoints.gathering import Gathering, as_text
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.asgi import Receive, Scope
from gateway.entrypoints.http.asgi import Send as Answer
from gateway.entrypoints.http.entry import STREAM_PATH
from gateway.entrypoints.http.errors import HttpError, RouteNotFound
from gateway.entrypoints.http.problems import send_problem
from gateway.entrypoints.http.upgrade import LISTENER
from gateway.telemetry import FLOODS

logger = log.get(__name__)
AUTHENTICATE_SECONDS = 5.0
READY_SECONDS = 5.0
SLOW_SECONDS = 30.0
CLOSE_SECONDS = 2.0
PING_SECONDS = 20.0
SILENT_SECONDS = 60.0
TYPING_SECONDS = 1.0
"""How often others are told that somebody writes in a conversation; more often is passed over."""
MOST_REFUSED = 50
"""Messages in a row that were too many for the account: who sends them is no person who types."""
MOST_WAITING = 64
"""Frames of a device that wait for their turn; beyond it no more are read."""


class Close(Exception):
    """The connection ends, and the device is told why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parts:
    """What every connection needs."""

    watches: Watches
    admission: Admission
    verifier: Verifier
    clock: Clock
    services: Services
    open: set[Connection]
    gathering: Gathering


class Stream:
    """The ASGI application of all WebSockets: lets in, and hands over to a Connection."""

    def __init__(
        self, watches: Watches, admission: Admission, verifier: Verifier, clock: Clock,
        services: Services,
    ) -> None:  # fmt: skip
        self._parts = Parts(watches, admission, verifier, clock, services, set(), Gathering())

    async def __call__(self, scope: Scope, receive: Receive, send: Answer) -> None:
        """See the ASGI specification."""
        await receive()  # websocket.connect
        try:
            self._parts.admission.address(scope)
            if scope["path"] != STREAM_PATH:
                raise RouteNotFound("there is no WebSocket at this address")
        except HttpError as refusal:
            await send_problem(send, refusal, scope["request_id"], "websocket.http.response")
            return
        connection = Connection(self._parts)
        await send({"type": "websocket.accept", "headers": [], LISTENER: connection})

    async def watch(self) -> None:
        """Ping who says nothing and let go of who does not answer, until cancelled; then of all."""
        try:
            while True:
                await asyncio.sleep(PING_SECONDS)
                now = asyncio.get_running_loop().time()
                for connection in list(self._parts.open):
                    connection.look(now)
        finally:
            self._parts.watches.end_all()
            for connection in list(self._parts.open):
                connection.close(*OVER[Over.LEAVING])  # who has not signed in yet


class Connection(WSListener):
    """One WebSocket. Implements devices.Sink.

    Frames are handled one after the other, by a task that lives while there are any: a connection
    that says nothing has none.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._transport: WSTransport
        self._device: Device | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._slow_since = 0.0
        self._waiting: deque[bytes] = deque()
        self._begun: list[bytes] = []  # of a message that comes in several frames
        self._gathered: list[bytes] = []  # that leave in a moment
        self._work: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._held = False
        self._refused = 0
        self._typing = ("", 0.0)  # where, and when it was last told

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self._transport = transport
        self._parts.open.add(self)
        self._set_timer(AUTHENTICATE_SECONDS, 4401, "no token in time")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        self._heard_at = self._loop.time()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._answer_close()
        elif self._closed or kind == WSMsgType.PONG:
            return
        elif kind == WSMsgType.BINARY:
            self.close(4400, "frames are text")
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(1002, "no extension was agreed on")
        else:
            self._take(frame, first=kind == WSMsgType.TEXT)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """See picows."""
        self._closed = True
        self._parts.open.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._work is not None:
            self._work.cancel()
        device, self._device = self._device, None
        if device is not None:
            self._parts.watches.close(device)

    def pause_writing(self) -> None:
        """See asyncio.Protocol: the device does not read what is sent."""
        self._slow_since = self._loop.time()
        if self._device is not None:
            self._device.slow = True

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._slow_since = 0.0
        if self._device is not None and not self._closed:
            self._parts.watches.quick(self._device)

    # What it does to the device

    def write(self, frame: bytes) -> None:
        """See devices.Sink."""
        if self._gathered:
            self.send_gathered()
        if not self._closed:
            self._transport.send(WSMsgType.TEXT, frame)

    def gather(self, frame: bytes) -> None:
        """See devices.Sink."""
        self._gathered.append(frame)
        self._parts.gathering.add(self)

    def send_gathered(self) -> None:
        """See gathering.Socket."""
        gathered = tuple(self._gathered)
        self._gathered.clear()
        if self._closed or not gathered:
            return
        if len(gathered) == 1:
            self._transport.send(WSMsgType.TEXT, gathered[0])
        else:
            self._transport.underlying_transport.write(as_text(gathered))

    def failed(self, error: Exception) -> None:
        """See gathering.Socket."""
        logger.error("stream.failed", exc_info=error)
        self.close(1011, "something failed here; connect again")

    def end(self, why: Over) -> None:
        """See devices.Sink."""
        self.close(*OVER[why])

    def close(self, code: int, reason: str) -> None:
        """Say why and hang up, without waiting long for a device that has stopped reading."""
        if self._closed:
            return
        self.send_gathered()
        self._closed = True
        self._loop.call_later(CLOSE_SECONDS, self._transport.disconnect, False)
        self._transport.send_close(WSCloseCode(code), reason.encode()[:120])
        if self._work is not None:
            self._work.cancel()

    def look(self, now: float) -> None:
        """Called now and then."""
        if self._slow_since and now - self._slow_since > SLOW_SECONDS:
            self.close(*OVER[Over.TOO_SLOW])
        elif now - self._heard_at > SILENT_SECONDS:
            self.close(4408, "no answer to pings")
        elif now - self._heard_at > PING_SECONDS / 2 and not self._closed:
            self._transport.send_ping()

    # What the device says

    def _answer_close(self) -> None:
        if not self._closed:
            self._closed = True
            self._transport.send_close(WSCloseCode.OK)
        self._transport.disconnect()

    def _take(self, frame: WSFrame, *, first: bool) -> None:
        if first == bool(self._begun):
            self.close(1002, "a message begins where another does not end, or the other way round")
            return
        content = frame.get_payload_as_bytes()
        if self._begun or not frame.fin:
            self._begun.append(content)
            if sum(map(len, self._begun)) > frames.MAX_FRAME_BYTES:
                self.close(1009, "the message is too large")
            if not frame.fin or self._closed:
                return
            content, self._begun = b"".join(self._begun), []
        self._waiting.append(content)
        if len(self._waiting) >= MOST_WAITING and not self._held:
            self._held = True
            self._transport.underlying_transport.pause_reading()
        if self._work is None:
            self._work = self._loop.create_task(self._handle_all(), name="stream")

    async def _handle_all(self) -> None:
        try:
            while self._waiting and not self._closed:
                await self._handle(self._waiting.popleft())
                if self._held and len(self._waiting) < MOST_WAITING // 2:
                    self._held = False
                    self._transport.underlying_transport.resume_reading()
        except Close as end:
            self._work = None
            self.close(end.code, end.reason)
        except Exception as error:
            self._work = None
            self.failed(error)
        finally:
            self._work = None

    async def _handle(self, content: bytes) -> None:
        """Raises Close."""
        try:
            frame = frames.decode(content)
        except frames.NotAFrame:
            raise _not_understood(content) from None
        if isinstance(frame, frames.Authenticate):
            await self._authenticate(frame)
        elif self._device is None:
            raise Close(4400, "the first frame must authenticate")
        elif isinstance(frame, frames.Send):
            await self._send(frame, self._device)
        else:
            self._type(frame.conversation_id, self._device)

    def _type(self, conversation_id: str, device: Device) -> None:
        last, now = self._typing, self._loop.time()
        if conversation_id != last[0] or now - last[1] >= TYPING_SECONDS:
            self._typing = conversation_id, now
            self._parts.watches.typing(device, conversation_id)

    async def _authenticate(self, frame: frames.Authenticate) -> None:
        caller = await self._caller(frame.access_token)
        if self._device is not None:
            self._refresh(self._device, caller)
            return
        try:
            device = self._device = self._parts.watches.open(caller, self)
        except DomainError as error:
            raise Close(4429, error.message) from None
        device.slow = bool(self._slow_since)
        self._still_in(caller)
        self._until_expired(caller)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._parts.watches.begin(device, frames.READY, frame.resume)
        except TimeoutError:
            raise Close(1013, "messages cannot be pushed now; try again") from None

    def _refresh(self, device: Device, caller: Caller) -> None:
        before = device.caller
        if (caller.network_id, caller.subject) != (before.network_id, before.subject):
            raise Close(4401, "this is a token of somebody else")
        self._parts.watches.refresh(device, caller)
        self._still_in(caller)
        self._until_expired(caller)
        self.write(frames.AUTHENTICATED)

    async def _caller(self, token: str) -> Caller:
        try:
            caller = await self._parts.verifier.verify(token)
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
            self._parts.verifier.check(caller)
        except DomainError as error:
            raise Close(4401, error.message) from None

    def _until_expired(self, caller: Caller) -> None:
        left = caller.expires_at - self._parts.clock.now().timestamp()
        self._set_timer(max(left, 0.0), 4401, "the access token has expired; sign in again")

    def _set_timer(self, seconds: float, code: int, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self.close, code, reason)

    def _admit(self, caller: Caller) -> None:
        """Raises RateLimited, and Close for who goes on and on."""
        try:
            self._parts.admission.frame(caller)
        except DomainError:
            self._refused += 1
            if self._refused > MOST_REFUSED:
                FLOODS.inc()
                logger.warning(
                    "stream.flood", network_id=str(caller.network_id),
                    member_id=str(caller.subject),
                )  # fmt: skip
                raise Close(4429, "too much at once; try again later") from None
            raise
        self._refused = 0

    async def _send(self, frame: frames.Send, device: Device) -> None:
        request = api.SendMessageRequest(
            conversation_id=frame.conversation_id, client_message_id=frame.client_message_id,
            text=frame.text, reply_to_sequence=frame.reply_to_sequence,
        )  # fmt: skip
        try:
            self._admit(device.caller)
            method = self._parts.services.messages.SendMessage
            reply = await call(method, request, token=device.caller.token)
        except DomainError as error:
            self.write(frames.refused(frame.id, error))
        else:
            self.write(frames.sent(frame.id, reply.message))


def _not_understood(content: bytes) -> Close:
    try:
        content.decode()
    except UnicodeDecodeError:
        return Close(1007, "text is UTF-8")
    return Close(4400, "this is none of the frames, or not whole")
