"""The other services programs asks: identity, for the keys that verify access tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import grpc
from common import grpc_client
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc


def jwks_of(identity: grpc.aio.Channel) -> Callable[[], Awaitable[str]]:
    """Asks identity for its public keys (RFC 7517)."""
    sessions = identity_grpc.SessionServiceStub(identity)

    async def fetch() -> str:
        return (await grpc_client.call(sessions.GetJwks, identity_api.GetJwksRequest())).jwks

    return fetch
