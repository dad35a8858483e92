"""What every answer carries: what browsers may do with it, who may read it, and its name.

Security headers as the OWASP cheat sheet on REST has them; CORS as the Fetch standard has it.
Cookies are not used here, so no answer allows credentials.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from itertools import count

from gateway.entrypoints.http.asgi import Headers

POLICY = b"default-src 'none'; frame-ancestors 'none'"
_SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_UNCACHED = (b"cache-control", b"no-store")  # answers are about people
_APIS_POLICY = (b"content-security-policy", POLICY)
_VARY = (b"vary", b"origin")
_READABLE = (
    b"access-control-expose-headers",
    b"date, etag, idempotency-replayed, retry-after, www-authenticate, x-request-id",
)
_PROCESS = secrets.token_hex(8)
_NUMBERS = count(1)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,64}")


def request_id_of(sent: bytes | None) -> str:
    """The client's own id when it is fit for a log, else a new one.

    Random for the process and counted in it: at every request, so it has to be cheap.
    """
    if sent is not None and _REQUEST_ID.fullmatch(sent):
        return sent.decode()
    return f"{_PROCESS}-{next(_NUMBERS):x}"


class Marks:
    """Puts on every answer what it carries."""

    def __init__(self, origins: Collection[str], behind_tls: bool) -> None:
        """`origins` are the web apps that may ask; HSTS is said only where there is TLS."""
        always = [*_SECURITY, _TLS_ONLY] if behind_tls else list(_SECURITY)
        shared = [*always, _VARY] if origins else always
        self._others = shared
        self._by_origin: Mapping[bytes, Headers] = {
            origin.encode(): [*shared, (b"access-control-allow-origin", origin.encode()), _READABLE]
            for origin in origins
        }

    def put(self, headers: Headers, origin: bytes | None, request_id: str) -> Headers:
        """The headers of an answer with all there is to say."""
        marks = self._others if origin is None else self._by_origin.get(origin, self._others)
        marked = [*headers, *marks, (b"x-request-id", request_id.encode())]
        names = [name for name, _ in headers]
        if b"cache-control" not in names:
            marked.append(_UNCACHED)
        if b"content-security-policy" not in names:
            marked.append(_APIS_POLICY)
        return marked

    def allows(self, origin: bytes | None) -> bool:
        """Whether a web app of this origin may ask."""
        return origin in self._by_origin
