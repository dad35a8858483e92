"""Whoever changes how an account is opened: its owner is told by mail what was done, no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.ids import new_id
from identity.application.outgoing_mail import Notice
from identity.domain.mail import NOTICE_AFTER, Kind

from services.identity.tests.authenticator import Device
from services.identity.tests.doors import Door
from services.identity.tests.passkeys import Member, reason
from services.identity.tests.second_factor import HALF_A_MINUTE, Ada

ADA = "ada@example.org"


@pytest.fixture
async def ada(door: Door) -> Member:
    """A member whose mails of before were delivered."""
    member = Member(door.client, await door.client.member(await door.client.admin()))
    await door.deliver()
    return member


async def told(door: Door) -> list[tuple[Kind, str, str]]:
    """What is told of what was done: about what, to whom, and with no link."""
    door.clock.advance(NOTICE_AFTER)
    return [(one.kind, one.to, one.token) for one in await door.deliver()]


async def test_each_passkey_that_is_added_or_removed_is_told(door: Door, ada: Member) -> None:
    for _ in range(2):
        await ada.keep(Device().create(await ada.begin()))
    assert await told(door) == [(Kind.PASSKEY_ADDED, ADA, "")] * 2
    for one in await ada.all():
        await ada.rename(one.id, "Another name")
        await ada.remove(one.id)
        await ada.remove(one.id)
    assert await told(door) == [(Kind.PASSKEY_REMOVED, ADA, "")] * 2


async def test_one_that_is_removed_at_once_is_told_of_as_well(door: Door, ada: Member) -> None:
    """A thief cannot add one, use it and cover it up."""
    await ada.keep(Device().create(await ada.begin()))
    [kept] = await ada.all()
    await ada.remove(kept.id)
    assert await told(door) == [(Kind.PASSKEY_REMOVED, ADA, "")]


async def test_what_was_not_done_is_not_told(door: Door, ada: Member) -> None:
    device = Device()
    await ada.keep(device.create(await ada.begin()))
    await told(door)
    again = ada.keep(device.create(await ada.begin()))
    assert await reason(again) == "PASSKEY_INVALID"  # it is there already
    await ada.remove(str(new_id()))
    app = Ada(door, ada.token)
    await app.begin()
    assert await reason(app.confirm("000000")) == "PROOF_INVALID"
    await app.end()  # what was never confirmed
    assert await told(door) == []


async def test_a_second_factor_is_told_of_when_it_begins_and_when_it_ends(
    door: Door, ada: Member
) -> None:
    app = Ada(door, ada.token)
    for _ in range(2):
        await app.begin()
        await app.confirm()
        assert await told(door) == [(Kind.SECOND_FACTOR_ADDED, ADA, "")]
        door.clock.advance(2 * HALF_A_MINUTE)
        await app.end(code=app.code())
        assert await told(door) == [(Kind.SECOND_FACTOR_REMOVED, ADA, "")]
        door.clock.advance(timedelta(minutes=1))


async def test_a_notice_waits_before_what_it_tells_of_is_done(door: Door, ada: Member) -> None:
    """So that hanging up, or a crash, between the two leaves no passkey she is not told of."""
    answer = Device().create(await ada.begin())
    waiting = door.ports.directory.mails
    assert not await waiting.due(door.clock.now() + NOTICE_AFTER, 9)
    await ada.keep(answer)
    [mail] = await waiting.due(door.clock.now() + NOTICE_AFTER, 9)
    [kept] = await ada.all()
    assert (mail.kind, str(mail.about)) == (Kind.PASSKEY_ADDED, kept.id)
    assert await waiting.due(door.clock.now(), 9) == []


@pytest.mark.parametrize("what", ["password", "address"])
async def test_another_password_or_address_that_could_not_be_written_is_not_told(
    door: Door, ada: Member, what: str
) -> None:
    """A process that dies between the two frightens nobody."""
    network = await door.ports.directory.networks.by_slug("berlin")
    assert network
    accounts = door.ports.directory.accounts(network.id)
    account = await accounts.by_email(ADA)
    assert account
    kind = Kind.PASSWORD_CHANGED if what == "password" else Kind.EMAIL_CHANGED
    await door.ports.outgoing.tell(Notice(kind, account, new_id()))  # and then the process dies
    assert await told(door) == []
