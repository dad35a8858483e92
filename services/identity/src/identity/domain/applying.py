"""The account of somebody who asked to join and has to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from identity.domain.account import Account, Credentials, join
from identity.domain.admission import Admission
from identity.domain.role import Role


def apply_to_join(
    id: UUID, network_id: UUID, handle: str, credentials: Credentials, note: str, now: datetime
) -> Account:
    """The account of somebody who has to wait; nobody is told of her yet. Raises Invalid."""
    roles = frozenset({Role.MEMBER})
    account, _ = join(id, network_id, handle, credentials, roles, now)
    return replace(account, admission=Admission(note))
