"""ETag and If-None-Match: who has an answer already is told so instead of getting it again.

The tag is strong, a digest of the content (RFC 9110 §8.8.3). It saves bytes, not work: the
services are asked all the same. Answers stay `no-store`, so it is the app that keeps and asks.
"""

from __future__ import annotations

from hashlib import blake2b

from gateway.entrypoints.http.asgi import Headers, Message, Send

_OF_CONTENT = {b"content-type", b"content-length", b"content-encoding"}


def etag_of(content: bytes) -> bytes:
    """The tag of a representation."""
    return b'"' + blake2b(content, digest_size=16).hexdigest().encode() + b'"'


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether one of the client's tags is this one, weakly compared (RFC 9110 §13.1.2)."""
    if if_none_match.strip() == b"*":
        return True
    return etag in (one.strip().removeprefix(b"W/") for one in if_none_match.split(b","))


def tagged(send: Send, if_none_match: bytes | None) -> Send:
    """A `send` that tags what is sent with 200 in one piece, or says 304 instead."""
    held: Message | None = None

    async def tag(message: Message) -> None:
        nonlocal held
        if message["type"] == "http.response.start" and message["status"] == 200:
            held = message
            return
        if held is not None:
            start, held = held, None
            whole = not message.get("more_body", False)
            if whole and _not_modified(start, message.get("body", b""), if_none_match):
                message = {"type": "http.response.body", "body": b""}
            await send(start)
        await send(message)

    return tag


def _not_modified(start: Message, body: bytes, if_none_match: bytes | None) -> bool:
    """Tag the answer; when the client has it, make it a 304 and say so."""
    headers: Headers = list(start["headers"])
    etag = next((value for name, value in headers if name == b"etag"), None)
    if etag is None:
        etag = etag_of(body)
        headers.append((b"etag", etag))
    known = if_none_match is not None and matches(if_none_match, etag)
    if known:
        start["status"] = 304
        headers = [header for header in headers if header[0] not in _OF_CONTENT]
    start["headers"] = headers
    return known
