"""Search in one's own conversations: opens and looks at a bounded number of messages, and says
where to go on. Nothing is stored of words for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from messaging.application.ports import Network
from messaging.application.queries import bounded, page_before
from messaging.application.withholding import Withheld
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message
from messaging.domain.searching import Query

MOST_SCANNED = 2_000
MOST_CONVERSATIONS = 100
SECONDS = 0.5
PAGE = 100
Monotonic = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look on: in the conversation opened at `opened_id`, before `sequence` (0: from its
    end)."""

    opened_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and where to look on; None when everything was looked at."""

    messages: Sequence[Message]
    rest: Place | None


class Budget:
    """What one request may look at."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._until = monotonic() + SECONDS
        self._left = MOST_SCANNED

    def spend(self, messages: int) -> None:
        """So many were looked at."""
        self._left -= messages

    @property
    def spent(self) -> bool:
        """Whether nothing more may be looked at."""
        return self._left <= 0 or self._monotonic() > self._until


async def search(
    network: Network, member_id: UUID, query: Query, start: Place | None, limit: int,
    monotonic: Monotonic = time.monotonic,
) -> Found:  # fmt: skip
    """Messages with all terms: the latest opened conversation first, in each the newest first.

    Ends with `limit` found, after MOST_SCANNED messages, MOST_CONVERSATIONS or SECONDS, whatever
    comes first; at least one page is looked at, so whoever goes on gets to the end.
    """
    found: list[Message] = []
    budget = Budget(monotonic)
    before = UUID(int=start.opened_id.int + 1) if start else None
    conversations = await network.conversations.page(member_id, before, MOST_CONVERSATIONS + 1)
    for opened_id, conversation in conversations[:MOST_CONVERSATIONS]:
        sequence = start.sequence if start and start.opened_id == opened_id else 0
        pages = _pages(network, conversation, member_id, sequence)
        async for page in pages:
            budget.spend(len(page))
            for message in page:
                if isinstance(message, Message) and query.finds(message.text):
                    found.append(message)
                    if len(found) == limit:
                        return Found(found, _on(opened_id, message.sequence))
            if budget.spent:
                last = page[-1].sequence if len(page) == PAGE else 1
                return Found(found, _on(opened_id, last))
    more = len(conversations) > MOST_CONVERSATIONS
    return Found(found, Place(conversations[-1][0], 0) if more else None)


async def _pages(
    network: Network, conversation: Conversation, member_id: UUID, sequence: int
) -> AsyncIterator[Sequence[Message | Withheld]]:
    """The pages of a conversation before a number (0: from its end); at least an empty one."""
    conversation, end = await bounded(network, conversation)  # lists may be behind
    before: int | None = sequence or None
    while True:
        page = await page_before(network, conversation, end, member_id, before, PAGE)
        yield page
        if len(page) < PAGE:
            return
        before = page[-1].sequence
        await asyncio.sleep(0)  # others are served in between


def _on(opened_id: UUID, sequence: int) -> Place:
    """Where it goes on before a message: in the next conversation, if that was the first one."""
    return Place(opened_id, sequence) if sequence > 1 else Place(UUID(int=opened_id.int - 1), 0)
