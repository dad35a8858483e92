"""What a network may be set to: its language, who may join, where help is, how it looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from common.errors import Invalid

MAX_RESOURCES = 20
# RFC 5646 §2.1 without extensions, private use and what was registered before.
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3}(-[a-z]{3})?)(-(?P<script>[a-z]{4}))?(-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<variants>(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*)",
    re.IGNORECASE,
)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_LOGO = re.compile(r"[a-z0-9][a-z0-9/._-]{0,99}")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()/.-]{1,29}")
_URL = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?(/[!-~]*)?")


class AgeStatement(StrEnum):
    """What whoever joins has to state about her age."""

    NONE = "none"
    CONFIRMATION = "confirmation"
    BIRTH_DATE = "birth_date"


class Moderation(StrEnum):
    """When a moderator looks at what is written; community is to obey it."""

    AFTER = "after"
    BEFORE = "before"


class Opening(StrEnum):
    """How one gets in; with an invite always."""

    INVITE = "invite"
    ELIGIBILITY = "eligibility"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody says of her age who joins."""

    confirmed: bool = False
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class AgeRule:
    """How old one has to be, in years, and how one says so; 0 is no rule."""

    minimum: int = 0
    statement: AgeStatement = AgeStatement.NONE

    def __post_init__(self) -> None:
        """Raise Invalid unless it is a rule one can follow."""
        if not 0 <= self.minimum <= 99:
            raise Invalid("minimum_age must be 0 to 99", field="age_rule")
        if (self.minimum > 0) != (self.statement is not AgeStatement.NONE):
            raise Invalid(
                "a minimum_age needs a statement, and a statement a minimum_age", field="age_rule"
            )

    def satisfied_by(self, stated: Stated, today: date) -> bool:
        """Whether she says that she is old enough, on this day where the network is.

        Raises Invalid when she does not say what is asked.
        """
        if self.statement is AgeStatement.CONFIRMATION:
            return stated.confirmed
        if self.statement is AgeStatement.BIRTH_DATE:
            if stated.birth_date is None:
                raise Invalid("birth_date is needed to join this network", field="birth_date")
            return age_on(today, stated.birth_date) >= self.minimum
        return True


NO_AGE_RULE = AgeRule()


def age_on(day: date, born: date) -> int:
    """Full years; born on 29 February, one is a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class CrisisResource:
    """Where help is: by phone, by text message or at an address."""

    name: str
    phone: str = ""
    text: str = ""
    url: str = ""
    locale: str = ""
    hours: str = ""

    def __post_init__(self) -> None:
        """Raise Invalid unless somebody in need can use it."""
        checked_line(self.name, 100, "crisis_resources")
        if self.hours:
            checked_line(self.hours, 100, "crisis_resources")
        if not (self.phone or self.text or self.url):
            raise Invalid(
                f"{self.name!r} needs a phone, a text number or a url", field="crisis_resources"
            )
        for number in filter(None, (self.phone, self.text)):
            if not _NUMBER.fullmatch(number):
                raise Invalid(f"{number!r} is no phone number", field="crisis_resources")
        if self.url and (len(self.url) > 300 or not _URL.fullmatch(self.url)):
            raise Invalid(f"the url of {self.name!r} must be https://…", field="crisis_resources")
        if self.locale and self.locale != locale(self.locale, "crisis_resources"):
            raise Invalid(f"write the locale {locale(self.locale)}", field="crisis_resources")


@dataclass(frozen=True, slots=True)
class Branding:
    """How the network looks in an app; what is empty is the app's own."""

    color: str = ""
    logo: str = ""
    short_name: str = ""

    def __post_init__(self) -> None:
        """Raise Invalid unless an app can show it."""
        if self.color and not _COLOR.fullmatch(self.color):
            raise Invalid("color must be #rrggbb", field="branding")
        if self.logo and not _LOGO.fullmatch(self.logo):
            raise Invalid("logo must be the key of an asset, and no address", field="branding")
        if self.short_name:
            checked_line(self.short_name, 20, "branding")


PLAIN = Branding()


def locale(text: str, field: str = "locale") -> str:
    """A language tag in the form RFC 5646 §2.1.1 recommends (`sr-Latn-RS`). Raises Invalid."""
    found = _LANGUAGE.fullmatch(text) if len(text) <= 35 else None
    if found is None:
        raise Invalid(f"{field}: not a BCP 47 language tag such as en or pt-BR", field=field)
    parts = [found["language"].lower()]
    if found["script"]:
        parts.append(found["script"].title())
    if found["region"]:
        parts.append(found["region"].upper())
    return "-".join(parts) + found["variants"].lower()


def checked_line(text: str, most: int, field: str) -> str:
    """A line of text. Raises Invalid."""
    if text != text.strip() or not 1 <= len(text) <= most or not text.isprintable():
        raise Invalid(
            f"{field} must be 1 to {most} printable characters without blanks around them",
            field=field,
        )
    return text
