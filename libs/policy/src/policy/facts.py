"""What a decision rests on: who acts, and what is known of the thing acted upon."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID


class Actor(NamedTuple):
    """Who acts. Roles are the names in access tokens.

    `owes` are the decisions of hers that are open: purpose, and version of the text to decide on.
    `scopes` and `sponsor_id` are for those who come without a member: services and sponsors. No
    rule reads them yet.
    """

    member_id: UUID | None
    network_id: UUID | None
    roles: frozenset[str]
    scopes: frozenset[str] = frozenset()
    sponsor_id: UUID | None = None
    owes: tuple[tuple[str, int], ...] = ()


NOBODY = Actor(None, None, frozenset())
"""Somebody who has not signed in."""


class Facts(NamedTuple):
    """What is known of the thing acted upon.

    `network_id` is where it is, None if there is no such thing; `owner_id` is whose it is (of a
    member's account or signal: her id); `member_ids` are who takes part in it, of whom it is
    enough to name the actor; `ties` is what ties the actor to the owner, of TIES. What is left out
    counts as "nobody" and "nothing": a rule that needs it denies.
    """

    network_id: UUID | None
    owner_id: UUID | None = None
    member_ids: Collection[UUID] = ()
    ties: Collection[str] = ()


TIES = ("connected", "circle")
"""What may tie two members: they are connected, or in a circle together."""
NOTHING = Facts(None)
"""The thing asked for does not exist."""
