"""Invite people into the caller's network."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from common.auth import Caller
from common.clock import Clock
from common.ids import new_id

from identity.application.ports import Invites
from identity.domain.deed import Deed, Done
from identity.domain.invite import SECRET_BYTES, Invite, Terms, hash_code, make_code


@dataclass(frozen=True, slots=True)
class Opened:
    """A new invite and its code, which is known only now."""

    invite: Invite
    code: str = field(repr=False)


async def create_invite(invites: Invites, clock: Clock, caller: Caller, terms: Terms) -> Opened:
    """A new invite on these terms. Raises Invalid."""
    terms.check(clock.now())
    code = make_code(caller.network_id, secrets.token_bytes(SECRET_BYTES))
    invite = Invite(new_id(), caller.network_id, hash_code(code), terms)
    await invites.add(invite, Done(Deed.INVITE_CREATED, caller.subject, clock.now()))
    return Opened(invite, code)
