"""What comes beside a request: texts by their keys, and the access token among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.errors import Unauthenticated
from common.grpc_client.vouched import AUTHORIZATION


def text(metadata: Mapping[str, Any], key: str) -> str | None:
    """The text under a key; None if there is none."""
    value = metadata.get(key)
    return value if isinstance(value, str) else None


def bearer(metadata: Mapping[str, Any]) -> str:
    """The access token. Raises Unauthenticated."""
    scheme, _, token = (text(metadata, AUTHORIZATION) or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("an access token is needed: authorization: Bearer …")
    return token
