"""How fast somebody may guess: each failure makes the wait for the next attempt longer.

A wait and never a lock: each one is minutes at most, whoever fails in another's name waits too, by
his address, and failures are forgotten one by one as time passes.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.errors import Limited


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are free, how long the longest wait is, how soon one is forgotten."""

    free: int
    longest: timedelta
    forget: timedelta

    @property
    def top(self) -> float:
        """The level at which the wait is longest; it does not rise further, and so can fall."""
        return self.free + 1 + math.log2(self.longest / timedelta(seconds=1))

    def wait(self, level: float) -> timedelta:
        """The wait after the failure that led to this level: 1 s after the free ones, doubling."""
        if level <= self.free:
            return timedelta(0)
        doublings = math.ceil(min(level, self.top) - self.free) - 1
        return min(self.longest, timedelta(seconds=2.0**doublings))


ACCOUNT = Limit(5, timedelta(minutes=5), timedelta(minutes=15))
"""About 290 guesses a day for the most patient; one wait is 5 minutes at most."""
ADDRESS = Limit(30, timedelta(minutes=5), timedelta(seconds=30))
"""Many may share an address: two mistakes a minute are free for good."""

INVITED = Limit(30, timedelta(minutes=5), timedelta(minutes=1))
"""Many may share an invite, and choose handles that are taken: one mistake a minute is free."""
STRANGERS = Limit(200, timedelta(minutes=5), timedelta(seconds=30))
"""Mails to strangers from all who ask to join one network: two a minute are free for good."""


@dataclass(frozen=True, slots=True)
class Level:
    """Failures not yet forgotten, as of `at`; no attempt before `until`."""

    level: float
    at: datetime
    until: datetime
    version: int = 0

    @classmethod
    def none(cls, now: datetime) -> Level:
        """Nothing has failed."""
        return cls(0.0, now, now)

    def expires_at(self, limit: Limit) -> datetime:
        """From when on it is the same as none."""
        return max(self.until, self.at + limit.forget * self.level)

    def attempt(self, limit: Limit, now: datetime) -> Level:
        """One more attempt, counted as a failure before it is known to be none.

        So that many at once cannot all be the first. Raises Limited with `retry_after_seconds`.
        """
        if now < self.until:
            seconds = math.ceil((self.until - now) / timedelta(seconds=1))
            raise Limited(
                f"too many attempts; try again in {seconds} s", retry_after_seconds=str(seconds)
            )
        passed = max(timedelta(0), now - self.at)
        level = min(max(0.0, self.level - passed / limit.forget) + 1, limit.top)
        return Level(level, now, now + limit.wait(level), self.version + 1)

    def undone(self, before: Level, counted: Level) -> Level:
        """As if the attempt that led from `before` to `counted` had not been made.

        Exactly so, and not better: a success that forgave earlier failures would tell whoever made
        them that the account exists.
        """
        if self.version == counted.version:
            return replace(before, version=self.version + 1)
        return replace(self, level=max(0.0, self.level - 1), version=self.version + 1)


def address_group(text: str) -> str:
    """What is counted as one address: an IPv4 address, or the /64 an IPv6 address is of.

    One household or telephone has a whole /64. Empty for what is no address.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
