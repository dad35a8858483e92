"""Open a network, and the way in for its first admin."""

from __future__ import annotations

import secrets
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.clock import Clock
from common.errors import Invalid
from common.ids import new_id

from identity.application.create_invite import Opened
from identity.application.ports import Directory
from identity.domain.errors import NetworkExists
from identity.domain.invite import SECRET_BYTES, USUAL_LIFE, Invite, Terms, hash_code, make_code
from identity.domain.network import Network
from identity.domain.role import Role


async def create_network(
    directory: Directory, clock: Clock, *, slug: str, display_name: str, time_zone: str
) -> tuple[Network, Opened]:  # fmt: skip
    """A new network and a single-use invite for an admin.

    The invite is stored first: a crash between the two leaves an invite nobody knows, and not a
    network nobody can enter. Raises Invalid, NetworkExists.
    """
    _check_time_zone(time_zone)
    now = clock.now()
    network = Network(new_id(), slug, display_name, time_zone, now)
    if await directory.networks.by_slug(slug) is not None:
        raise NetworkExists("this slug is taken", field="slug")
    terms = Terms(frozenset({Role.NETWORK_ADMIN}), 1, now + USUAL_LIFE)
    code = make_code(network.id, secrets.token_bytes(SECRET_BYTES))
    invite = Invite(new_id(), network.id, hash_code(code), terms)
    await directory.invites(network.id).add(invite)
    await directory.networks.add(network)
    return network, Opened(invite, code)


def _check_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("time_zone must be an IANA name", field="time_zone") from None
