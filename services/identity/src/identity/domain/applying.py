"""Asking to join: an address that was confirmed, and an account that has to wait."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from identity.domain.account import Account, Credentials, join
from identity.domain.admission import UNDECIDED_KEPT, Admission
from identity.domain.role import Role

MAX_WAITING = 1_000
"""In one network: nobody can decide on more, and who fills it up should not fill more than this."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Whoever holds a link that says so reads the mail of this address; nothing else is known."""

    network_id: UUID
    email: str = field(repr=False)


def apply_to_join(
    id: UUID, network_id: UUID, handle: str, credentials: Credentials, note: str, now: datetime
) -> Account:
    """The account of somebody who has to wait, her address confirmed; nobody is told of her yet.

    Raises Invalid.
    """
    roles = frozenset({Role.MEMBER})
    account, _ = join(id, network_id, handle, credentials, roles, now)
    waits = Admission(note, remove_at=now + UNDECIDED_KEPT)
    return replace(account, admission=waits, email_verified=True)
