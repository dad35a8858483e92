"""Open a network, and the way in for its first admin."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from common.auth import Caller
from common.clock import Clock
from common.errors import ConcurrentUpdate, Conflict, Invalid
from common.ids import named_id, new_id

from identity.application.create_invite import Opened
from identity.application.ports import Digest, Directory, Networks
from identity.application.retry import retrying
from identity.domain.account import MAX_REQUEST_ID
from identity.domain.deed import Deed, Done
from identity.domain.errors import NetworkExists
from identity.domain.invite import SECRET_BYTES, USUAL_LIFE, Invite, Terms, hash_code, make_code
from identity.domain.network import Network, check_time_zone
from identity.domain.role import Role


@dataclass(frozen=True, slots=True)
class NetworkWanted:
    """A network to open; the same `request_id` again is the same network, unless it is empty."""

    slug: str
    display_name: str
    time_zone: str
    request_id: str = ""


async def create_network(
    directory: Directory, clock: Clock, caller: Caller, wanted: NetworkWanted, codes: Digest
) -> tuple[Network, Opened]:
    """A new network and a single-use invite for an admin; the same again for the same request.

    The invite is stored first: a crash between the two leaves an invite nobody knows, and not a
    network nobody can enter. With a request id both follow from it (the code also from the key of
    `codes`), so whoever lost the answer asks again. Raises Invalid, NetworkExists, Conflict.
    """
    check_time_zone(wanted.time_zone)
    if len(wanted.request_id) > MAX_REQUEST_ID:
        raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
    id, secret = new_id(), secrets.token_bytes(SECRET_BYTES)
    if wanted.request_id:
        id = named_id(caller.subject, "network", wanted.request_id)
        secret = codes("first admin", str(id))[:SECRET_BYTES]
    network = Network(id, wanted.slug, wanted.display_name, wanted.time_zone, clock.now())
    done = Done(Deed.NETWORK_CREATED, caller.subject, network.created_at)
    return await retrying(lambda: _open(directory, network, make_code(id, secret), done))


async def _open(
    directory: Directory, network: Network, code: str, done: Done
) -> tuple[Network, Opened]:
    networks = directory.networks
    there = await networks.get(network.id) or await networks.by_slug(network.slug)
    if there is not None and there.id != network.id:
        raise NetworkExists("this slug is taken", field="slug")
    if there is not None and not there.same_wish(network):
        raise Conflict("this request_id was used for another network", field="request_id")
    invites = directory.invites(network.id)
    invite = await invites.by_code(code)
    if invite is None:
        terms = Terms(frozenset({Role.NETWORK_ADMIN}), 1, network.created_at + USUAL_LIFE)
        invite = Invite(new_id(), network.id, hash_code(code), terms)
        await invites.add(invite)
    if there is None:
        await _add(networks, network, done)
    return there or network, Opened(invite, code)


async def _add(networks: Networks, network: Network, done: Done) -> None:
    try:
        await networks.add(network, done)
    except NetworkExists:
        if await networks.get(network.id) is None:
            raise
        raise ConcurrentUpdate("the same request is under way; try again") from None
