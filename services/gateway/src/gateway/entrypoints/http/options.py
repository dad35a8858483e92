"""OPTIONS: what may be asked here, and a browser's question whether a web app may ask it."""

from __future__ import annotations

from gateway.entrypoints.http.asgi import App, Headers, Message, Receive, Scope, Send

_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, export-secret, idempotency-key, if-match, if-none-match,"
        b" traceparent, x-request-id",
    ),
    (b"access-control-max-age", b"600"),
]


async def answer_preflight(send: Send) -> None:
    """Tell a browser what a web app that may ask may ask for (Fetch standard, CORS preflight)."""
    await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
    await send({"type": "http.response.body", "body": b""})


async def answer_options(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Tell which methods an address takes.

    litestar's own answer leaves out those of a path's later handlers; its refusal of a method that
    no address takes lists them all.
    """
    told = False

    async def tell(message: Message) -> None:
        nonlocal told
        if message["type"] == "http.response.start" and message["status"] == 405:
            told = True
            allow = [header for header in message["headers"] if header[0] == b"allow"]
            message = {**message, "status": 204, "headers": allow}
        elif told:
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    await app({**scope, "method": "TRACE"}, receive, tell)
