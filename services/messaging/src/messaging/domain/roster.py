"""A roster: who is in a group, or in the room of a circle, from a place of its talk on.

Who comes and goes has a place in the same sequence as what is said, and each message knows the
place of the roster it was sent under. So there is one answer to who was there for what, and it is
found with the last message.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from unicodedata import category
from uuid import UUID

from common.errors import Invalid

from messaging.domain.errors import GroupFull

MOST_IN_GROUP = 20
"""With those who are invited."""
MOST_IN_ROOM = 250
"""Of a larger circle, who comes later stays out."""
MAX_TITLE = 80
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NoticeKind(StrEnum):
    """What happened."""

    OPENED = "opened"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    RENAMED = "renamed"
    HOSTED = "hosted"


@dataclass(frozen=True, slots=True)
class Stay:
    """A member, and the place by which she came: what was said before is not hers."""

    member_id: UUID
    since: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is in it from the place `at` on, who came first at the front; nobody before 1.

    `title_at` is the place of the notice that says what it is called; 0 for a room.
    """

    at: int = 0
    stays: tuple[Stay, ...] = ()
    host_ids: tuple[UUID, ...] = ()
    title_at: int = 0

    @property
    def member_ids(self) -> tuple[UUID, ...]:
        """Who is in it."""
        return tuple(one.member_id for one in self.stays)

    def since(self, member_id: UUID) -> int | None:
        """The first place there is for her; None for who is not in it."""
        return next((one.since for one in self.stays if one.member_id == member_id), None)

    def with_members(self, member_ids: Collection[UUID], at: int, most: int) -> Roster:
        """These come. Raises GroupFull beyond `most`."""
        known = set(self.member_ids)
        new = [id for id in member_ids if id not in known]
        if len(known) + len(new) > most:
            raise GroupFull(f"at most {most} members are in it", most=str(most))
        return replace(self, at=at, stays=(*self.stays, *(Stay(id, at) for id in new)))

    def without(self, member_id: UUID, at: int) -> Roster:
        """She goes. If nobody hosts it then, who came first does."""
        stays = tuple(one for one in self.stays if one.member_id != member_id)
        hosts = tuple(id for id in self.host_ids if id != member_id)
        if self.host_ids and not hosts:
            hosts = tuple(one.member_id for one in stays[:1])
        return replace(self, at=at, stays=stays, host_ids=hosts)

    def named_at(self, at: int) -> Roster:
        """It is called otherwise from there on."""
        return replace(self, at=at, title_at=at)

    def with_host(self, member_id: UUID, at: int) -> Roster:
        """She hosts it, too."""
        return replace(self, at=at, host_ids=(*self.host_ids, member_id))


NOBODY = Roster()


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened in a place, to whom, and the roster from there on. `title` is what it is called
    then, where that is what happened; `spoke` is who had said something last."""

    kind: NoticeKind
    member_ids: tuple[UUID, ...]
    roster: Roster
    title: str = ""
    spoke: UUID | None = None


def check_title(title: str) -> None:
    """Raise Invalid unless something may be called so. Joiners and spaces of other kinds are part
    of how people write; what breaks a line, or turns the text around it, is not."""
    seen = any(one.isprintable() and not one.isspace() for one in title)
    if not seen or len(title) > MAX_TITLE or any(_strange(one) for one in title):
        raise Invalid(
            f"title must have 1 to {MAX_TITLE} characters that can be seen, without line breaks,"
            " control characters and marks that turn the direction of text",
            field="title",
        )


def _strange(character: str) -> bool:
    """Whether it is a control character, a line or paragraph separator, half a character, or a mark
    that sets the direction of what follows."""
    return category(character) in {"Cc", "Zl", "Zp", "Cs"} or character in TURNING


def opened(member_ids: Collection[UUID], host_ids: tuple[UUID, ...], title: str) -> Notice:
    """The first notice. Raises Invalid, GroupFull."""
    if title:
        check_title(title)
    most = MOST_IN_GROUP if host_ids else MOST_IN_ROOM
    roster = Roster().with_members(member_ids, 1, most)
    roster = replace(roster, host_ids=host_ids, title_at=1 if title else 0)
    return Notice(NoticeKind.OPENED, roster.member_ids, roster, title)


def joined(roster: Roster, member_id: UUID, at: int, most: int = MOST_IN_GROUP) -> Notice | None:
    """She comes; None where she is in it. Raises GroupFull."""
    if roster.since(member_id) is not None:
        return None
    return Notice(NoticeKind.JOINED, (member_id,), roster.with_members([member_id], at, most))


def left(
    roster: Roster, member_id: UUID, at: int, kind: NoticeKind = NoticeKind.LEFT
) -> Notice | None:
    """She goes, or is taken out; None where she is not in it."""
    if roster.since(member_id) is None:
        return None
    return Notice(kind, (member_id,), roster.without(member_id, at))


def renamed(roster: Roster, title: str, at: int) -> Notice:
    """It is called otherwise. Raises Invalid."""
    check_title(title)
    return Notice(NoticeKind.RENAMED, (), roster.named_at(at), title)


def hosted(roster: Roster, member_id: UUID, at: int) -> Notice | None:
    """She, who is in it, hosts it, too; None where she does."""
    if member_id in roster.host_ids:
        return None
    return Notice(NoticeKind.HOSTED, (member_id,), roster.with_host(member_id, at))
