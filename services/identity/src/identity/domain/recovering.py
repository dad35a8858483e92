"""Another password for who has the mail: what ends with the old one, and telling it twice alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from identity.domain.account import Account, Events, SessionsEnded
from identity.domain.mail_link import Purpose

AGAIN = timedelta(minutes=15)
"""For so long who used a link is answered as before: the answer may have been lost."""


def reset_password(
    account: Account, secret: bytes, new_hash: str, now: datetime, *, keep_passkeys: bool
) -> tuple[Account, Events]:
    """With another password, the link used up, all signed out, and passkeys ended if not kept.

    Whoever knew the old password may have added a passkey, and it would open the account for ever.
    A second factor stays: the mail is no proof of it. The address is hers if the mail went to the
    one she signs in with. Raises LinkInvalid.
    """
    link = account.opened(Purpose.RESET, secret, now)
    changed = account.change_password(new_hash)
    hers = changed.credentials is not None and changed.credentials.email == link.email
    done = replace(
        changed, email_verified=changed.email_verified or hers,
        passkeys=changed.passkeys if keep_passkeys else (),
        used_link=replace(link, expires_at=now + AGAIN),
    )  # fmt: skip
    return done, done.told(SessionsEnded(now))


def used(account: Account, secret: bytes, now: datetime) -> bool:
    """Whether the password was set with this link, a short while ago, and with none since."""
    link = account.used_link
    return link is not None and link.opened_by(Purpose.RESET, secret, now)
