"""Who may write to a member: her rule, and what follows from it for somebody who wants to."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from messaging.domain.seat import Standing

CONNECTED, IN_CIRCLE = "connected", "circle"
"""What may tie two members."""


class WhoMayWrite(StrEnum):
    """Whom a member lets write to her without asking first."""

    CONNECTIONS = "connections"
    CIRCLES = "circles"
    NETWORK = "network"
    NOBODY = "nobody"


DEFAULT = WhoMayWrite.CIRCLES
_TIES = {
    WhoMayWrite.CONNECTIONS: {CONNECTED},
    WhoMayWrite.CIRCLES: {CONNECTED, IN_CIRCLE},
}


def standing_of(rule: WhoMayWrite, ties: Collection[str]) -> Standing:
    """How she stands to a conversation that somebody with these ties to her opens."""
    if rule is WhoMayWrite.NOBODY:
        return Standing.UNHEARD
    if rule is WhoMayWrite.NETWORK or not _TIES[rule].isdisjoint(ties):
        return Standing.ACCEPTED
    return Standing.ASKED
