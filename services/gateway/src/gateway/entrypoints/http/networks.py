"""Networks."""

from __future__ import annotations

from kith.identity.v1 import identity_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, RequestId, fresh_id
from gateway.entrypoints.http.invites import Invite, invite_of
from gateway.entrypoints.http.network_settings import TAGS, Network, network_of
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Line100, Slug


class CreateNetwork(Input):
    """A network to create; the time zone is UTC when it is not given."""

    slug: Slug
    display_name: Line100
    time_zone: str = ""
    request_id: RequestId = field(default_factory=fresh_id)


class CreatedNetwork(Output):
    """The network, and the way in for its first admin."""

    network: Network
    admin_invite: Invite


@post(
    "/v1/networks", dto=Json[CreateNetwork], summary="Create a network (platform operator)",
    tags=TAGS,
)  # fmt: skip
async def create_network(request: KithRequest, data: JSONBody[CreateNetwork]) -> CreatedNetwork:
    reply = await request.ask(
        request.services.networks.CreateNetwork,
        api.CreateNetworkRequest(
            slug=data.slug, display_name=data.display_name, time_zone=data.time_zone,
            request_id=data.request_id,
        ),
    )  # fmt: skip
    return CreatedNetwork(
        network=network_of(reply.network), admin_invite=invite_of(reply.admin_invite)
    )
