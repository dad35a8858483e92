"""The headers of the door, as the description of REST tells them."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
ID_EXAMPLE = "4f523ffe2ca60501-10d"
_KEY_CHARACTERS = r"[!#-\[\]-~]{16,255}"
ANSWERED: Document = {
    "RequestId": {
        "description": "The name of this request in our logs: the one sent, or a new one.",
        "schema": {"type": "string"}, "example": ID_EXAMPLE,
    },
    "RetryAfter": {
        "description": "Whole seconds after which the same request may succeed.",
        "schema": {"type": "integer", "minimum": 1}, "example": 2,
    },
    "ETag": {
        "description": "Names what the content is, for If-None-Match; where there is a version, it"
        " is that, for If-Match.",
        "schema": {"type": "string"}, "example": '"5d41402abc4b2a76b9719d911017c592"',
    },
    "Replayed": {
        "description": "The answer is the one the first request with this key was given.",
        "schema": {"type": "string", "enum": ["true"]}, "example": "true",
    },
}  # fmt: skip
SENT: Document = {
    "RequestId": {
        "name": "X-Request-Id", "in": "header",
        "description": "Up to 64 of A-Z a-z 0-9 . _ ~ -; anything else is replaced.",
        "schema": {"type": "string"}, "example": ID_EXAMPLE,
    },
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header",
        "description": "ETags of answers the client has: 304 if one of them is still right.",
        "schema": {"type": "string"}, "example": '"5d41402abc4b2a76b9719d911017c592"',
    },
    "IfMatch": {
        "name": "If-Match", "in": "header",
        "description": "ETags of the versions one of which it has to be at; else 412.",
        "schema": {"type": "string"}, "example": "*",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header",
        "description": "Chosen at random by the client: with the same key within 24 hours, the same"
        " request is done once, and its answer given again.",
        "schema": {
            "type": "string", "pattern": f'^("{_KEY_CHARACTERS}"|{_KEY_CHARACTERS})$',
        },
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    },
}  # fmt: skip


def sent(*names: str) -> list[Document]:
    """References to headers a client may send."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def answered(**names: str) -> Document:
    """References to headers of an answer, by their name on the wire with _ for -."""
    return {
        wire.replace("_", "-"): {"$ref": f"#/components/headers/{name}"}
        for wire, name in names.items()
    }
