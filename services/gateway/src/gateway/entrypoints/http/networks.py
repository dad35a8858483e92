"""Networks."""

from __future__ import annotations

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, RequestId, Time, fresh_id, time
from gateway.entrypoints.http.invites import Invite, invite_of
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Line100, Slug

TAGS = ["networks"]


class CreateNetwork(Input):
    """A network to create; the time zone is UTC when it is not given."""

    slug: Slug
    display_name: Line100
    time_zone: str = ""
    request_id: RequestId = field(default_factory=fresh_id)


class Network(Output):
    """A private network of members who live with the same thing."""

    id: str
    slug: str
    display_name: str
    time_zone: str
    create_time: Time


class CreatedNetwork(Output):
    """The network, and the way in for its first admin."""

    network: Network
    admin_invite: Invite


def network_of(network: pb.Network) -> Network:
    return Network(
        id=network.id, slug=network.slug, display_name=network.display_name,
        time_zone=network.time_zone, create_time=time(network.create_time),
    )  # fmt: skip


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


@get("/v1/network", summary="The caller's own network", tags=TAGS)
async def get_network(request: KithRequest) -> Network:
    reply = await request.ask(request.services.networks.GetNetwork, api.GetNetworkRequest())
    return network_of(reply.network)
