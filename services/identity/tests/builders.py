"""People and things for identity's tests, valid unless a test says otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from common.auth import Access, Caller
from common.ids import new_id
from common.testing.clock import FUTURE
from identity.adapters import texts
from identity.domain.account import Account, Credentials, Events, Origin, bring_in, join
from identity.domain.audit import Entry
from identity.domain.consent import Choice
from identity.domain.device import SECRET_BYTES, Device, RefreshToken, sign_in_on
from identity.domain.invite import Invite, Terms, hash_code, make_code
from identity.domain.network import Network
from identity.domain.role import Role
from identity.domain.text import Purpose, Summary, Text, Texts
from policy.authorize import authorize

NOW = FUTURE
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
PASSWORD = "correct horse battery"
TEXTS = texts.shipped()


def a_network(slug: str = "lupus-berlin", id: UUID | None = None) -> Network:
    return Network(id or new_id(), slug, "Lupus Berlin", "Europe/Berlin", NOW)


def a_caller(*roles: Role, id: UUID | None = None, network_id: UUID = NETWORK) -> Caller:
    held = frozenset(map(str, roles or (Role.MEMBER,)))
    return Caller(id or new_id(), network_id, held, token="", expires_at=0.0)


def access_of(caller: Caller) -> Access:
    """At GetAccount."""
    return Access(authorize, caller, "/kith.identity.v1.AccountService/GetAccount")


def an_invite(
    *, max_uses: int = 1, roles: Iterable[Role] = (Role.MEMBER,), days: int = 7,
    network_id: UUID = NETWORK,
) -> tuple[Invite, str]:  # fmt: skip
    id = new_id()
    code = make_code(network_id, id.bytes)
    terms = Terms(frozenset(roles), max_uses, NOW + timedelta(days=days))
    return Invite(id, network_id, hash_code(code), terms), code


def a_member(
    name: str = "ada", *, roles: Iterable[Role] = (Role.MEMBER,), hashed: str = "cheap:x",
    network_id: UUID = NETWORK,
) -> tuple[Account, Events]:  # fmt: skip
    opens = Credentials(f"{name}@example.org", hashed)
    return join(new_id(), network_id, name, opens, frozenset(roles), NOW)


def a_choice(
    granted: bool, purpose: Purpose = Purpose.SIGNALS, *, text: Text | None = None
) -> Choice:
    """Yes or no to the current text, unless another is given."""
    return Choice(granted, text or TEXTS.current(purpose, NOW))


def a_text(
    purpose: Purpose = Purpose.SIGNALS, version: int = 1, *, required: bool = False,
    from_: datetime = NOW - timedelta(days=30),
) -> Text:  # fmt: skip
    summary = Summary("Test", ("Activity",), False, "when it is withdrawn", None)
    return Text(purpose, version, "en", "A title", f"Text {version}.", required, from_, summary)


def with_text(*more: Text) -> Texts:
    """The shipped texts, and more."""
    return Texts([*TEXTS.all(), *more])


def a_device(
    account: Account | None = None, label: str = "Phone", at: datetime = NOW
) -> tuple[Device, RefreshToken]:
    id = new_id()
    secret = hashlib.sha512(id.bytes).digest()
    assert len(secret) == 2 * SECRET_BYTES
    return sign_in_on(account or a_member()[0], id, label, secret, at)


def an_imported(
    external_id: str = "1", *, handle: str | None = None, consented: bool = False,
    source: str = "old-place", network_id: UUID = NETWORK,
) -> tuple[Account, Events]:  # fmt: skip
    return bring_in(
        new_id(), network_id, handle or f"member-{external_id}", Origin(source, external_id), NOW,
        consented=consented,
    )  # fmt: skip


def an_access(
    *, action: str = "/kith.signals.v1.SignalService/GetMemberSignal", subjects: int = 1,
    subject_ids: Iterable[UUID] | None = None, actor_id: UUID | None = None, at: datetime = NOW,
) -> Entry:  # fmt: skip
    seen = (
        tuple(subject_ids) if subject_ids is not None else tuple(new_id() for _ in range(subjects))
    )
    return Entry(new_id(), NETWORK, actor_id or new_id(), action, seen, at)
