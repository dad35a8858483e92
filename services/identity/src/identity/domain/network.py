"""A network: the tenant everything else belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.errors import Invalid

from identity.domain.errors import AgeNotMet
from identity.domain.network_rules import (
    MAX_RESOURCES,
    NO_AGE_RULE,
    PLAIN,
    AgeRule,
    Branding,
    CrisisResource,
    Moderation,
    Opening,
    Stated,
    checked_line,
    locale,
)

OPERATOR_SLUG = "kith"
"""The network that holds nobody but the platform operator."""
_SLUG = re.compile(r"[a-z0-9-]{2,40}")
_MAX_NAME = 100


class Changes(TypedDict, total=False):
    """New values for a part of a network."""

    display_name: str
    time_zone: str
    locale: str
    age_rule: AgeRule
    moderation: Moderation
    opening: Opening
    crisis_resources: tuple[CrisisResource, ...]
    branding: Branding


@dataclass(frozen=True, slots=True)
class Network:
    """Id, slug and birth stay; the rest its admins may change, one version at a time."""

    id: UUID
    slug: str
    display_name: str
    time_zone: str
    created_at: datetime
    locale: str = "en"
    age_rule: AgeRule = NO_AGE_RULE
    moderation: Moderation = Moderation.AFTER
    opening: Opening = Opening.INVITE
    crisis_resources: tuple[CrisisResource, ...] = ()
    branding: Branding = PLAIN
    version: int = 1

    def __post_init__(self) -> None:
        """Raise Invalid unless all of it can be used."""
        check_slug(self.slug, "slug")
        checked_line(self.display_name, _MAX_NAME, "display_name")
        if self.locale != locale(self.locale):
            raise Invalid(f"write the locale {locale(self.locale)}", field="locale")
        if len(self.crisis_resources) > MAX_RESOURCES:
            raise Invalid(f"at most {MAX_RESOURCES} crisis_resources", field="crisis_resources")

    def change(self, changes: Changes) -> Network:
        """The next version, or this one if nothing is different. Raises Invalid."""
        if "time_zone" in changes:
            check_time_zone(changes["time_zone"])
        changed = replace(self, **changes)
        return self if changed == self else replace(changed, version=self.version + 1)

    def same_wish(self, other: Network) -> bool:
        """Whether the request that made this one could be the one that wants `other`.

        What admins changed since says nothing about that.
        """
        made = self.display_name, self.time_zone
        wanted = other.display_name, other.time_zone
        return self.slug == other.slug and (self.version > 1 or made == wanted)

    def today(self, now: datetime) -> date:
        """The day it is where the network is."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def check_age(self, stated: Stated, now: datetime) -> None:
        """Raise AgeNotMet unless somebody who says this may join; Invalid if she says too little.

        What she says is not kept.
        """
        if not self.age_rule.satisfied_by(stated, self.today(now)):
            raise AgeNotMet(
                f"this network is for people of {self.age_rule.minimum} and older",
                minimum_age=str(self.age_rule.minimum),
            )


def check_slug(text: str, field: str) -> None:
    """Raise Invalid unless it can be the short name of a network."""
    if not _SLUG.fullmatch(text):
        raise Invalid(f"{field} must be 2 to 40 of a-z, 0-9 and -", field=field)


def check_time_zone(name: str) -> None:
    """Raise Invalid unless it is the name of a time zone (IANA)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("time_zone must be an IANA name", field="time_zone") from None
