"""What a member says about herself, and to whom: each field is hers alone until she shows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.errors import Invalid

from identity.domain.errors import ProfileChanged

AVATARS = 48
"""How many pictures there are to choose from; the gateway draws them."""
MAX_TEXT = 60
_CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Well-formed tags of language, script, region and variants (RFC 5646 §2.1); the registry of what
# they mean is not asked, since it changes.
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})){0,2})",
    re.IGNORECASE | re.ASCII,
)


class Field(StrEnum):
    """What a profile holds besides handle and avatar."""

    PRONOUNS = "pronouns"
    LANGUAGES = "languages"
    TIME_ZONE = "time_zone"
    LIVES_WITH = "lives_with"
    STAGE = "stage"
    OFFERS = "offers"
    NEEDS = "needs"
    INTERESTS = "interests"


MOST: Mapping[Field, int] = MappingProxyType({
    Field.PRONOUNS: 1, Field.LANGUAGES: 10, Field.TIME_ZONE: 1, Field.LIVES_WITH: 10,
    Field.STAGE: 1, Field.OFFERS: 10, Field.NEEDS: 10, Field.INTERESTS: 20,
})  # fmt: skip
"""How many entries a field takes."""


class Visibility(StrEnum):
    """Who is shown a field, besides its owner; each includes those before it."""

    ONLY_ME = "only_me"
    CONNECTIONS = "connections"
    CIRCLES = "circles"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Shown:
    """The entries of a field, and who is shown them."""

    entries: tuple[str, ...] = field(default=(), repr=False)
    to: Visibility = Visibility.ONLY_ME


def nothing_said() -> Mapping[Field, Shown]:
    """The fields of somebody who has not said anything yet."""
    return dict.fromkeys(Field, Shown())


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; what is not named stays."""

    avatar: int | None = None
    entries: Mapping[Field, tuple[str, ...]] = field(default_factory=dict, repr=False)
    to: Mapping[Field, Visibility] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """One member's; version 0 is the empty one that nobody has stored."""

    member_id: UUID
    network_id: UUID
    avatar: int
    fields: Mapping[Field, Shown] = field(default_factory=nothing_said)
    version: int = 0
    updated_at: datetime | None = None

    @classmethod
    def empty(cls, member_id: UUID, network_id: UUID) -> Profile:
        """Before she has said anything; the picture follows from her id until she picks one."""
        return cls(member_id, network_id, member_id.int % AVATARS)

    def update(self, change: Change, version: int, now: datetime) -> Profile:
        """The next version; this very one if nothing is different.

        Raises Invalid; ProfileChanged if it is not `version` that would change.
        """
        avatar = self.avatar if change.avatar is None else change.avatar
        if not 0 <= avatar < AVATARS:
            raise Invalid(f"avatar must be 0 to {AVATARS - 1}", field="avatar")
        fields = {
            name: Shown(
                checked(name, change.entries[name]) if name in change.entries else shown.entries,
                change.to.get(name, shown.to),
            )
            for name, shown in self.fields.items()
        }
        if (avatar, fields) == (self.avatar, dict(self.fields)):
            return self
        if version != self.version:
            raise ProfileChanged("your profile was changed meanwhile; read it again")
        return replace(self, avatar=avatar, fields=fields, version=self.version + 1, updated_at=now)

    def showing(self, visible: Collection[Visibility]) -> Profile:
        """As it is for somebody who is shown these: all else is as if it was never said."""
        fields = {
            name: Shown(shown.entries) if shown.to in visible else Shown()
            for name, shown in self.fields.items()
        }
        return replace(self, fields=fields, version=0, updated_at=None)


def checked(name: Field, entries: tuple[str, ...]) -> tuple[str, ...]:
    """Entries as they are kept: in one form, each once. Raises Invalid naming the field."""
    if len(entries) > MOST[name]:
        raise Invalid(f"{name} takes at most {MOST[name]}", field=name)
    if name is Field.LANGUAGES:
        kept = [_language(entry) for entry in entries]
    elif name is Field.TIME_ZONE:
        kept = [_time_zone(entry) for entry in entries]
    else:
        kept = [_text(name, entry) for entry in entries]
    return tuple({entry.casefold(): entry for entry in reversed(kept)}.values())[::-1]


def _text(name: Field, typed: str) -> str:
    """One line of her own words (NFC), without blanks around it."""
    text = typed.strip()
    if not 1 <= len(text) <= MAX_TEXT or any(map(_is_control, text)):
        raise Invalid(
            f"{name}: each has 1 to {MAX_TEXT} characters and no control characters", field=name
        )
    return unicodedata.normalize("NFC", text)


def _is_control(character: str) -> bool:
    """Whether it makes a text more than one line, or turns its direction; it may join emoji."""
    return unicodedata.category(character) in _CONTROL and character != "\u200d"


def _language(tag: str) -> str:
    found = _LANGUAGE.fullmatch(tag)
    if found is None:
        raise Invalid(
            "languages must be tags like en, pt-BR or zh-Hant (BCP 47)", field="languages"
        )
    parts = [
        found["language"].lower(), (found["script"] or "").title(), (found["region"] or "").upper(),
        found["variants"].lstrip("-").lower(),
    ]  # fmt: skip
    return "-".join(filter(None, parts))


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "time_zone must be an IANA name like Europe/Berlin", field="time_zone"
        ) from None
