"""All that is kept of one member: 102 numbers and 64 short ids, however long she stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b

from signals.domain import window
from signals.domain.engagement import Tally
from signals.domain.filter import Belief

KEY_BYTES = 8
KEYS = 64


class Consent(IntEnum):
    """Whether anything may be computed. Nobody has consented until an event says so."""

    NEVER = 0
    GRANTED = 1
    WITHDRAWN = 2
    ERASED = 3


@dataclass(slots=True)
class MemberState:
    """Mutable, and changed in place by `take`, for speed: `copy` it before if you need the old one.

    Without consent everything but the first three fields is as in a fresh state: nothing derived,
    no ids. What a withdrawal left behind says only that she withdrew, when, and at which offset.
    """

    consent: Consent = Consent.NEVER
    consent_at: int = 0  # event time of the decision; a later decision wins, whatever the order
    offset: int = -1  # of the last activity taken, in the one partition all hers come from
    taken: int = 0
    first_at: int = 0  # her own first and last act, 0 if none
    last_at: int = 0
    newest_at: int = 0  # latest event of any kind, which is what closes days
    survey_at: int = 0  # last answer of each kind, 0 if none
    check_in_at: int = 0
    first_open: int = 0  # number of the window's first day
    window: list[window.Day] = field(default_factory=window.empty)
    belief: Belief = field(default_factory=Belief)  # as of the last closed day
    tally: Tally = field(default_factory=Tally)
    keys: bytes = b""  # of the last 64 activities, oldest first
    consent_version: int = 0  # of the text she agreed to: what all that is derived here rests on

    def copy(self) -> MemberState:
        """An independent state."""
        return MemberState(
            self.consent, self.consent_at, self.offset, self.taken, self.first_at, self.last_at,
            self.newest_at, self.survey_at, self.check_in_at, self.first_open,
            [day[:] for day in self.window],
            self.belief.copy(), self.tally.copy(), self.keys, self.consent_version,
        )  # fmt: skip

    def knows(self, key: bytes) -> bool:
        """Whether an activity of this key is among the last ones taken."""
        found = self.keys.find(key)
        while found >= 0 and found % KEY_BYTES:
            found = self.keys.find(key, found + 1)
        return found >= 0

    def remember(self, key: bytes) -> None:
        """Keep the key, forgetting the oldest beyond 64."""
        self.keys = (self.keys + key)[-KEYS * KEY_BYTES :]


def key_of(event_id: str | bytes) -> bytes:
    """Eight bytes of an id, by which a producer's duplicate (same id, new offset) is known.

    The last eight of 16 bytes: a UUIDv7 begins with the time and holds its chance at the end, 62
    bits of it. A new id is mistaken for one of 64 known ones about once in 10^17 events.
    """
    if isinstance(event_id, bytes):
        if len(event_id) == 2 * KEY_BYTES:
            return event_id[KEY_BYTES:]
        return blake2b(event_id, digest_size=KEY_BYTES).digest()
    return blake2b(event_id.encode(), digest_size=KEY_BYTES).digest()
