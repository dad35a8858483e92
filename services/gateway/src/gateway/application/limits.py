"""How much one account, and one address, may ask for: token buckets.

A bucket is kept as the one number it comes down to, the time at which it will be full again (the
generic cell rate algorithm, ITU-T I.371): a dictionary entry per somebody seen lately, nothing
to refill, and the time to wait is exact.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

MOST_BUCKETS = 50_000
WALK_PAGE = 25
_INSTANT = 1e-6  # seconds: less is rounding
_RATE = re.compile(r"(?P<rate>\d{1,6}(?:\.\d{1,6})?)/(?P<burst>\d{1,6})")


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` in the long run, and up to `burst` at once."""

    per_second: float
    burst: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `per second/burst`, as in `0.5/30`. Raises ValueError."""
        found = _RATE.fullmatch(text)
        rate = cls(float(found["rate"]), int(found["burst"])) if found else cls(0, 0)
        if not rate.per_second or not rate.burst:
            raise ValueError("must be requests per second/burst, as in 0.5/30")
        return rate


@dataclass(frozen=True, slots=True)
class Rates:
    """What is allowed: to an address, in all and to get in; to an account, by what it asks.

    `walks` are the reads that show what other people wrote, or who they are, counted by the page
    of WALK_PAGE: a person opens hundreds in an evening, who collects them goes on for hours.
    """

    address: Rate = Rate(200, 1_000)
    sign_in: Rate = Rate(0.5, 30)
    reads: Rate = Rate(50, 500)
    writes: Rate = Rate(20, 200)
    walks: Rate = Rate(0.5, 300)


class Buckets:
    """The buckets of one rate, one for each key.

    At most `most` are kept. One that is full again says nothing and goes first; when all are in
    use the one asked longest ago goes, which forgives it: memory is bounded, whoever comes.
    """

    def __init__(self, rate: Rate, now: Callable[[], float], most: int = MOST_BUCKETS) -> None:
        """`now` tells monotonic seconds."""
        self._interval = 1 / rate.per_second
        self._tolerance = (rate.burst - 1) * self._interval
        self._now = now
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._full_at)

    def take(self, key: Hashable, tokens: int = 1) -> float:
        """Take a token, or more: 0, or without taking any the seconds until there are so many.

        More than the burst is taken as the burst: there are never more.
        """
        now = self._now()
        more = min((tokens - 1) * self._interval, self._tolerance)
        known = self._full_at.get(key)
        full_at = now if known is None or known < now else known
        wait = full_at + more - self._tolerance - now
        if wait > _INSTANT:
            return wait
        self._full_at[key] = full_at + self._interval + more
        if known is None:
            self._make_room(now)
        else:
            self._full_at.move_to_end(key)
        return 0.0

    def _make_room(self, now: float) -> None:
        """Called once for each that is new, so taking two away keeps up with any number."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] <= now or len(self._full_at) > self._most:
                del self._full_at[oldest]


class Limits:
    """All buckets of one process."""

    def __init__(self, rates: Rates, now: Callable[[], float]) -> None:
        """`now` tells monotonic seconds."""
        self.now = now
        self.address = Buckets(rates.address, now)
        self.sign_in = Buckets(rates.sign_in, now)
        self.reads = Buckets(rates.reads, now)
        self.writes = Buckets(rates.writes, now)
        self.walks = Buckets(rates.walks, now)


@lru_cache(maxsize=MOST_BUCKETS)
def owner_of(address: str) -> str:
    """Who is behind an address: itself, of IPv6 its /64, which is what one subscriber is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""  # no address at all: they share one bucket
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
