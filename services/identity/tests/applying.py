"""What somebody without an invite does over a real channel, for tests, with the mail in between."""

from __future__ import annotations

from typing import Any

from common import grpc_client
from google.protobuf.field_mask_pb2 import FieldMask
from identity.domain.mail import Kind
from kith.identity.v1 import identity_pb2, network_pb2
from kith.identity.v1 import joining_service_pb2 as api
from kith.identity.v1 import network_service_pb2 as networks

from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Door


async def opened(door: Door, rule: network_pb2.OpeningRule.ValueType) -> str:
    """The token of the admin of a network that is open like this."""
    admin = await door.client.admin()
    request = networks.UpdateNetworkRequest(
        network=identity_pb2.Network(opening=rule), update_mask=FieldMask(paths=["opening"])
    )
    await grpc_client.call(door.client.settings.UpdateNetwork, request, token=admin)
    return admin


async def ask(door: Door, email: str, *, network: str = "berlin", address: str = "") -> bytes:
    """Ask to join; the answer as it came."""
    request = api.ApplyRequest(network=network, email=email)
    apply = door.client.joining.Apply
    reply = await grpc_client.call(apply, request, client_address=address)
    return reply.SerializeToString()


async def link_to(door: Door, email: str) -> str:
    """The link that comes of asking."""
    await ask(door, email)
    [letter] = [one for one in await door.deliver() if one.to == email]
    assert letter.kind is Kind.JOIN
    return letter.token


async def complete(door: Door, token: str, handle: str, **more: Any) -> bool:
    """Go on with a link; whether an admin decides."""
    said: dict[str, Any] = {"token": token, "handle": handle, "service_text_version": 1}
    request = api.CompleteApplicationRequest(password=PASSWORD, **said | more)
    return (await grpc_client.call(door.client.joining.CompleteApplication, request)).waits


async def apply(door: Door, handle: str = "ada", **more: Any) -> bool:
    """Ask, open the mail and go on."""
    return await complete(door, await link_to(door, f"{handle}@example.org"), handle, **more)


async def waiting(door: Door, admin: str) -> list[api.Application]:
    """Who waits to be let in."""
    reply = await grpc_client.call(
        door.client.joining.ListApplications, api.ListApplicationsRequest(), token=admin
    )
    return list(reply.applications)
