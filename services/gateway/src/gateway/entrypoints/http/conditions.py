"""If-Match: change only what the client has seen (RFC 9110 §13.1.1), where a version is told.

The tag of such a resource is its version, `"7"`, and the service that owns it compares in the write
itself. Everywhere else the header is refused, since overlooking it would break its promise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from litestar import Response

from gateway.entrypoints.http.errors import PreconditionFailed

CONDITIONAL = frozenset({
    ("PATCH", "/v1/network"),
    ("PUT", "/v1/accounts/{memberId}/roles"),
    ("PUT", "/v1/accounts/{memberId}/roles/{role}"),
    ("DELETE", "/v1/accounts/{memberId}/roles/{role}"),
    ("PUT", "/v1/accounts/{memberId}/badges/{badge}"),
    ("DELETE", "/v1/accounts/{memberId}/badges/{badge}"),
    ("PATCH", "/v1/conversations/{conversationId}/messages/{messageId}"),
    ("DELETE", "/v1/conversations/{conversationId}/messages/{messageId}"),
})  # fmt: skip
"""Method and path of what takes If-Match; `UNCONDITIONAL` in a test says why all others do not."""
_VERSION = re.compile(r'"([1-9]\d{0,17})"')
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PATHS = [
    (method, re.compile(re.sub(r"{\w+}", "[^/]+", template))) for method, template in CONDITIONAL
]


def takes_if_match(method: str, path: str) -> bool:
    """Whether it does; litestar's router overlooks doubled and trailing slashes, so this does."""
    plain = _plain(path)
    return any(method == one and pattern.fullmatch(plain) for one, pattern in _PATHS)


def refuses_if_match(method: str, path: str) -> bool:
    """Whether the header could not be kept. Where another method takes it, this one is no route and
    is told so; a method that changes nothing has nothing to keep."""
    plain = _plain(path)
    return method in _CHANGES and not any(pattern.fullmatch(plain) for _, pattern in _PATHS)


def _plain(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part)


async def tagged(response: Response[Any]) -> Response[Any]:
    """Put the tag that If-Match takes on an answer with a version."""
    response.headers["etag"] = tag_of(response.content.version)
    return response


def tag_of(version: int) -> str:
    """The ETag of a resource at a version."""
    return f'"{version}"'


def versions_of(if_match: str | None) -> Sequence[int]:
    """The versions one of which must be the current one; none: any will do.

    A weak tag matches nothing here, and neither does one that was never given out. Raises
    PreconditionFailed when there is no other.
    """
    if if_match is None or if_match.strip() == "*":
        return ()
    found = [_VERSION.fullmatch(one.strip()) for one in if_match.split(",")]
    versions = [int(one[1]) for one in found if one]
    if not versions:
        raise PreconditionFailed("If-Match names no version this has, or ever had; read it again")
    return versions
