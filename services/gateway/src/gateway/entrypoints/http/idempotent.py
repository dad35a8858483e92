"""POST with an Idempotency-Key, between the outermost application and litestar's.

Only requests that carry the header come here; the others cost nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import quote

from common import log
from common.errors import Unavailable

from gateway.application.idempotency import Answer, Asked, Once, Record, Seal, parse_key
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.asgi import App, Headers, Message, Receive, Scope, Send
from gateway.entrypoints.http.errors import BodyTooLarge, BodyTooSlow, Disconnected
from gateway.entrypoints.http.fields import keyed_id
from gateway.entrypoints.http.problems import MAX_BODY_BYTES
from gateway.entrypoints.http.request import BODY_SECONDS

logger = log.get(__name__)
REPLAYED = (b"idempotency-replayed", b"true")
# What lets somebody in is never kept, and asking twice does no harm: the key is not looked at.
# Neither is it for what only reads.
NEVER_KEPT = frozenset({
    "/v1/sessions", "/v1/sessions/refresh", "/v1/accounts/me/totp",
    "/v1/accounts/me/totp/confirmation", "/v1/handle-suggestions",
    "/v1/accounts/me/passkeys/options", "/v1/sessions/passkey/options", "/v1/sessions/passkey",
    "/v1/networks/lookup", "/v1/message-search",
    "/v1/password-resets", "/v1/password-resets/completion", "/v1/email-verifications",
    "/v1/accounts/me/email", "/v1/accounts/me/email/verification", "/v1/accounts/me/export",
    "/v1/applications/completion",
})  # fmt: skip
# Asked without an account.
ANONYMOUS = frozenset({"/v1/registrations", "/v1/applications"})
# A second time would be a second effect, because the RPC behind takes no request id: never again.
AT_MOST_ONCE = frozenset({"/v1/invites", "/v1/accounts/me/passkeys"})


class Idempotent:
    """Does a request once."""

    def __init__(self, rest: App, admission: Admission, once: Once) -> None:
        self._rest = rest
        self._admission = admission
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send, header: bytes) -> None:
        """Answer a POST with this Idempotency-Key. Raises DomainError for a refusal."""
        path = _normal(scope["path"])
        if path in NEVER_KEPT:
            await self._rest(scope, receive, send)
            return
        key = parse_key(header)
        if path in ANONYMOUS:
            caller = None
            self._admission.stranger(scope)  # before anything is written for her
        else:
            caller = await self._admission.caller(scope)
        body = await _body(receive)
        owner = (caller.network_id, caller.subject) if caller else None
        target = quote(path).encode() + b"?" + scope["query_string"]
        asked = Asked.of(owner, target, body)
        seal = Seal(key, asked)
        repeatable = path not in AT_MOST_ONCE
        begun = await self._once.begin(asked, seal, repeatable=repeatable)
        if isinstance(begun, Answer):
            await _send(send, begun, [REPLAYED])
            return
        caught = _Caught()
        # Put back before the answer leaves: the next request of a connection inherits the context.
        token = keyed_id.set(seal.request_id)
        try:
            await self._rest(scope, _again(body, receive), caught)
        finally:
            keyed_id.reset(token)
        await self._keep(begun, seal, caught.answer(), repeatable)
        await caught.release(send)

    async def _keep(self, begun: Record, seal: Seal, answer: Answer, repeatable: bool) -> None:
        """Keep the answer before it is sent: what a client has seen, it will be given again."""
        try:
            await self._once.end(begun, seal, answer, repeatable=repeatable)
        except Unavailable:  # it is done; a retry will find it so by the request id
            logger.warning("http.answer_not_kept")


@dataclass(slots=True)
class _Caught:
    """An answer held back."""

    messages: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> Answer:
        start, *parts = self.messages
        media_type = next((v for name, v in start["headers"] if name == b"content-type"), b"")
        body = b"".join(part.get("body", b"") for part in parts)
        return Answer(start["status"], media_type, body)

    async def release(self, send: Send) -> None:
        for message in self.messages:
            await send(message)


def _normal(path: str) -> str:
    """The path as litestar's router reads it, which overlooks doubled and trailing slashes."""
    return "/" + "/".join(part for part in path.split("/") if part)


async def _send(send: Send, answer: Answer, more: Headers) -> None:
    headers = list(more)
    if answer.status != 204:  # which has no content, and by RFC 9110 §8.6 no length of it
        headers += [
            (b"content-type", answer.media_type),
            (b"content-length", str(len(answer.body)).encode()),
        ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _body(receive: Receive) -> bytes:
    """The body. Raises BodyTooLarge, BodyTooSlow, Disconnected."""
    parts, size, more = [], 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected("the client went away")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
                if size > MAX_BODY_BYTES:
                    raise BodyTooLarge("the body is too large", most_bytes=str(MAX_BODY_BYTES))
    except TimeoutError:
        raise BodyTooSlow("the body of the request did not arrive in time") from None
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which was read already."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
