"""The public keys that verify access tokens."""

from __future__ import annotations

from kith.identity.v1 import identity_service_pb2 as api
from litestar import Response, get

from gateway.entrypoints.http.request import KithRequest

MEDIA_TYPE = "application/jwk-set+json"


@get(
    "/.well-known/jwks.json", summary="The keys that verify access tokens (RFC 7517)",
    tags=["accounts"], media_type=MEDIA_TYPE,
)  # fmt: skip
async def get_keys(request: KithRequest) -> Response[bytes]:
    reply = await request.ask(request.services.sessions.GetJwks, api.GetJwksRequest())
    return Response(
        reply.jwks.encode(), media_type=MEDIA_TYPE,
        headers={"cache-control": "public, max-age=60"},
    )  # fmt: skip
