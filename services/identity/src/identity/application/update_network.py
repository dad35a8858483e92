"""Look at a network before joining it, and change one's own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from common.errors import Invalid

from identity.application.ports import Directory, Networks
from identity.application.retry import retrying
from identity.domain.deed import Done
from identity.domain.errors import InviteInvalid, NetworkNotFound, NetworkNotOpen, VersionMismatch
from identity.domain.invite import UNUSABLE, network_of
from identity.domain.network import Changes, Network
from identity.domain.network_rules import Opening


async def network_to_join(directory: Directory, *, slug: str, code: str, now: datetime) -> Network:
    """The network an invite that can be used leads to; without one, an open one of this name.

    Whether there is a network that only invites is nobody's business without an invite.
    Raises InviteInvalid, NetworkNotOpen.
    """
    if code:
        id = network_of(code)
        invite = await directory.invites(id).by_code(code)
        network = await directory.networks.get(id) if invite else None
        if invite is None or network is None:
            raise InviteInvalid(UNUSABLE)
        invite.check_open(now)
        return network
    network = await directory.networks.by_slug(slug)
    if network is None or network.opening is Opening.INVITE:
        raise NetworkNotOpen("no network of this name can be joined without an invite")
    return network


async def update_network(
    networks: Networks, id: UUID, changes: Changes, versions: Collection[int],
    done: Done | None = None,
) -> Network:  # fmt: skip
    """The network after the changes; as before, without a new version, if they change nothing.

    With `versions` only if it is at one of them; `done` is told to the audit log.
    Raises Invalid, NetworkNotFound, VersionMismatch, ConcurrentUpdate.
    """
    if not changes:
        raise Invalid("update_mask must name what changes", field="update_mask")

    async def attempt() -> Network:
        network = await networks.get(id)
        if network is None:
            raise NetworkNotFound("your network is not there any more")
        if versions and network.version not in versions:
            raise VersionMismatch(
                "the network has changed; read it again", version=str(network.version)
            )
        changed = network.change(changes)
        if changed is not network:
            await networks.save(changed, done)
        return changed

    return await retrying(attempt)
