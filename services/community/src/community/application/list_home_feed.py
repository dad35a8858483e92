"""The home feed: the posts of a member's circles, newest first.

It is merged from bounded reads of each circle, so it costs what her circles cost and not what
the network does.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Sequence
from itertools import islice
from uuid import UUID

from community.application.ports import Network
from community.domain.post import Post

LEAST = 4


async def list_home_feed(
    network: Network, member_id: UUID, before: UUID | None, size: int
) -> tuple[Sequence[Post], bool]:
    """Posts before an id (None: the newest), newest first, and whether there are more."""
    circles = await network.memberships.circles_of(member_id)
    wanted = size + 1
    share = max(2 * wanted // max(len(circles), 1), LEAST)  # of each circle at a time
    found: list[Post] = []
    ends: dict[UUID, UUID | None] = dict.fromkeys(circles, before)
    while ends:
        pages = await asyncio.gather(
            *(network.posts.page(circle_id, end, share) for circle_id, end in ends.items())
        )
        found = _newest([found, *pages], wanted)
        ends = {
            page[-1].circle_id: page[-1].id
            for page in pages
            if len(page) == share and _may_go_on(page[-1], found, wanted)
        }
    return found[:size], len(found) > size


def _newest(pages: Iterable[Sequence[Post]], count: int) -> list[Post]:
    merged = heapq.merge(*pages, key=lambda post: post.id, reverse=True)
    return list(islice(merged, count))


def _may_go_on(last: Post, found: Sequence[Post], wanted: int) -> bool:
    """Whether posts older than the last one read of a circle may belong on the page."""
    return len(found) < wanted or last.id > found[-1].id
