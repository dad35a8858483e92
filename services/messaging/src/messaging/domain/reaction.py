"""Reactions: a few ways to say "I am with you" without words. There is none to judge or to mock
with, and no free choice of signs, so that one can be harmed by none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ReactionKind(StrEnum):
    """What can be said so."""

    HEART = "heart"
    HUG = "hug"
    THANKS = "thanks"
    STRENGTH = "strength"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Reaction:
    """One of one kind by each member to a message."""

    member_id: UUID
    kind: ReactionKind


MOST = 250
"""For one message, so that its document is bounded: 50 members with all kinds."""
