"""What a member has to decide before she can go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from identity.domain.account import Account
from identity.domain.errors import ConsentRequired
from identity.domain.role import Role
from identity.domain.text import Purpose, Text, Texts


def owed(account: Account, texts: Texts, now: datetime) -> Mapping[Purpose, int]:
    """The version to decide on, by purpose.

    *service* is owed by everybody who has not agreed to a version that will do, also after a no. Of
    any other purpose only who agreed to an earlier version owes a decision, and a no settles it.
    The platform operator's account is made by configuration and takes part in nothing.
    """
    if account.roles == {Role.PLATFORM_OPERATOR}:
        return {}
    return {
        purpose: texts.current(purpose, now).version
        for purpose in Purpose
        if _owes(account, purpose, texts.needed(purpose, now))
    }


def _owes(account: Account, purpose: Purpose, needed: int) -> bool:
    latest = account.consents.get(purpose)
    if latest is None or not latest.granted:
        return purpose is Purpose.SERVICE
    return latest.text_version < needed


def shown(texts: Texts, purpose: Purpose, version: int, granted: bool, now: datetime) -> Text:
    """The text a decision is about; 0 is the current one.

    Raises ConsentRequired for a yes to a version that will not do any more, or not yet, or is not
    known; a no is taken to whatever was shown.
    """
    current = texts.current(purpose, now)
    text = texts.get(purpose, version) if version else current
    if text is None or (granted and not texts.needed(purpose, now) <= text.version):
        raise must_see(current)
    if text.version > current.version:
        raise must_see(current)
    return text


def accepted(texts: Texts, version: int, now: datetime) -> Text:
    """The text of *service* that who joins has accepted.

    Raises ConsentRequired for none, or one that will not do.
    """
    if not version:
        raise must_see(texts.current(Purpose.SERVICE, now))
    return shown(texts, Purpose.SERVICE, version, True, now)


def must_see(text: Text) -> ConsentRequired:
    """The refusal that tells a client which text to show."""
    return ConsentRequired(
        f"show version {text.version} of the text of {text.purpose} and let her decide on it",
        purpose=text.purpose, version=str(text.version),
    )  # fmt: skip
