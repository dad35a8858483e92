"""Joining without an invite, for tests: a network, a link to its door, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.testing.clock import FakeClock
from identity.adapters.join_links import SealedJoinLinks
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.adapters.mongo_roster import EligibleHasher
from identity.application.apply import Joining, Wish
from identity.application.outgoing_mail import Outgoing
from identity.domain.account import Account
from identity.domain.applying import Confirmed
from identity.domain.network_rules import Opening
from identity.domain.roster import Eligible

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, TEXTS, a_network
from services.identity.tests.fakes import FakeDirectory, FakePasswords

HASH = EligibleHasher(KeyedDigest(b"k" * 32))
LINKS = SealedJoinLinks(MasterKey(bytes(32)))
ADA = Eligible.of("K1234567", "1990-02-28")


class Crash(Exception):
    """The process is gone: nothing after this point runs."""


def world(opening: Opening, **changes: Any) -> FakeDirectory:
    return FakeDirectory(replace(a_network("berlin", NETWORK), opening=opening, **changes))


async def rostered(**changes: Any) -> FakeDirectory:
    directory = world(Opening.ELIGIBILITY, **changes)
    await directory.roster(NETWORK).add([HASH(NETWORK, ADA)], NOW)
    return directory


def link(email: str = "ada@example.org", network_id: UUID = NETWORK) -> str:
    """What the mail to this address holds."""
    return LINKS.make(Confirmed(network_id, email), NOW + timedelta(days=2))


WISH = Wish(link(), "ada", PASSWORD, eligible=ADA, service_text_version=1)


async def wished(directory: FakeDirectory, **changes: Any) -> Account:
    """What comes of the link to an address, `email`; ada's if none is named."""
    clock, passwords = changes.pop("clock", FakeClock(NOW)), changes.pop("by", FakePasswords())
    if "email" in changes:
        changes["token"] = link(changes.pop("email"))
    outgoing = Outgoing(
        directory.mails, MailSeal(MasterKey(bytes(32))), KeyedDigest(bytes(32)), clock
    )
    joining = Joining(directory, passwords, clock, TEXTS, outgoing, HASH, LINKS)
    return await joining.complete(replace(WISH, **changes))
