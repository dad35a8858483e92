"""Passkeys of an account: keys a device keeps, and uses once it knows who holds it (WebAuthn)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from common.errors import Invalid

from identity.domain.errors import CredentialsInvalid, PasskeyInvalid, PasskeyNotFound

if TYPE_CHECKING:
    from identity.domain.account import Account, Events

MAX_PASSKEYS = 20
MAX_LABEL = 100
REFUSED = "this passkey opens nothing here"


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is kept of one; the private key never leaves the device (or its owner's other ones).

    `sign_count` is what the device last said: 0 where it does not count, as synced ones do not.
    """

    id: UUID
    credential_id: bytes
    public_key: bytes = field(repr=False)  # COSE (RFC 9052)
    sign_count: int
    transports: tuple[str, ...]
    label: str
    created_at: datetime
    used_at: datetime | None = None


def add(account: Account, passkey: Passkey) -> Account:
    """With one more. Raises Invalid, PasskeyInvalid."""
    if len(account.passkeys) >= MAX_PASSKEYS:
        raise PasskeyInvalid(f"an account has at most {MAX_PASSKEYS} passkeys; remove one first")
    if any(one.credential_id == passkey.credential_id for one in account.passkeys):
        raise PasskeyInvalid("this passkey is there already")
    passkey = replace(passkey, label=checked_label(passkey.label))
    return replace(account, passkeys=(*account.passkeys, passkey), version=account.version + 1)


def rename(account: Account, id: UUID, label: str) -> Account:
    """With another label on one. Raises Invalid, PasskeyNotFound."""
    return _change(account, id, lambda one: replace(one, label=checked_label(label)))


def remove(account: Account, id: UUID) -> Account:
    """Without one; one that is not there stays so."""
    left = tuple(one for one in account.passkeys if one.id != id)
    if left == account.passkeys:
        return account
    return replace(account, passkeys=left, version=account.version + 1)


def sign_in(account: Account, id: UUID, count: int, now: datetime) -> tuple[Account, Events]:
    """Signed in with one that says it was used `count` times, in one write.

    Raises CredentialsInvalid if it is not there any more, or if the count has not grown: then two
    hold the same key, or somebody says again what was said before (WebAuthn §6.1.1).
    """

    def use(one: Passkey) -> Passkey:
        if (count or one.sign_count) and count <= one.sign_count:
            raise CredentialsInvalid(REFUSED)
        return replace(one, sign_count=count, used_at=now)

    try:
        used = _change(account, id, use)
    except PasskeyNotFound:
        raise CredentialsInvalid(REFUSED) from None
    signed_in, events = used.sign_in(now)
    return replace(signed_in, version=account.version + 1), events


def checked_label(text: str) -> str:
    """A label as it is kept. Raises Invalid."""
    label = text.strip()
    if len(label) > MAX_LABEL or not label.isprintable():
        raise Invalid(f"label has at most {MAX_LABEL} printable characters", field="label")
    return label


def _change(account: Account, id: UUID, change: Callable[[Passkey], Passkey]) -> Account:
    changed = tuple(change(one) if one.id == id else one for one in account.passkeys)
    if all(one.id != id for one in changed):
        raise PasskeyNotFound("no such passkey of yours", field="passkey_id")
    return replace(account, passkeys=changed, version=account.version + 1)
