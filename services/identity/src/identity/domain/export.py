"""An export: everything Kith holds about a member, collected for her page by page.

Every page is one write here, behind the part it brought: a process that is killed between the two
finds the part there and goes on from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

LIFE = timedelta(days=7)
"""From the day it is asked for: long enough to come back to, short enough to be no second copy."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=2), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Export:
    """`services` are asked in this order, `done` of them gave all they have; `public_key` seals
    what is collected, and only the secret that she was given opens it."""

    id: UUID
    network_id: UUID
    member_id: UUID
    public_key: bytes = field(repr=False)
    services: tuple[str, ...]
    started_at: datetime
    expires_at: datetime
    due_at: datetime | None  # when to go on; None: all is there
    done: int = 0
    page_token: str = ""  # where the current service goes on
    parts: int = 0
    tries: int = 0  # of the current page
    version: int = 1

    @property
    def ready(self) -> bool:
        """Whether all is there."""
        return self.done == len(self.services)

    @property
    def service(self) -> str:
        """Whom to ask next. Raises IndexError when all is there."""
        return self.services[self.done]

    def has_expired(self, now: datetime) -> bool:
        """Whether nobody may read it any more."""
        return self.expires_at <= now

    def took(self, next_page_token: str, now: datetime) -> Export:
        """One more part is there; with an empty token it was the service's last."""
        done = self.done + (not next_page_token)
        due = None if done == len(self.services) else now
        return replace(
            self, parts=self.parts + 1, done=done, page_token=next_page_token, due_at=due, tries=0,
            version=self.version + 1,
        )  # fmt: skip

    def postponed(self, now: datetime) -> Export:
        """The service did not answer: again in a while, a longer one each time."""
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(self.tries, 10))
        return replace(self, due_at=now + wait, tries=self.tries + 1, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Part:
    """A page as it was collected; `next_page_token` is where its service went on."""

    service: str
    next_page_token: str
    sealed: bytes = field(repr=False)


def begin(
    id: UUID, network_id: UUID, member_id: UUID, public_key: bytes, services: tuple[str, ...],
    now: datetime,
) -> Export:  # fmt: skip
    """A new export, to be collected at once."""
    return Export(
        id, network_id, member_id, public_key, services, now, now + LIFE, due_at=now
    )  # fmt: skip
