"""Changes tried twice, or before an address changes: told once, to whose account it was."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from common import grpc_client
from identity.application.outgoing_mail import Notice
from identity.domain import passkey
from identity.domain.account import Account
from identity.domain.mail import NOTICE_AFTER, Kind
from identity.domain.mail_link import LinkToken, name_of
from kith.identity.v1 import recovery_service_pb2 as api

from services.identity.tests.authenticator import Device
from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Door
from services.identity.tests.passkeys import Member, reason

ADA, NEW = "ada@example.org", "new@example.org"
SIGN_IN_LASTS = timedelta(minutes=16)


@pytest.fixture
async def ada(door: Door) -> Member:
    """A member whose mails of before were delivered."""
    member = Member(door.client, await door.client.member(await door.client.admin()))
    await door.deliver()
    return member


async def account_of(door: Door, email: str = ADA) -> Account:
    network = await door.ports.directory.networks.by_slug("berlin")
    assert network
    account = await door.ports.directory.accounts(network.id).by_email(email)
    assert account
    return account


async def told(door: Door) -> list[tuple[Kind, str]]:
    """What is told, a while after it was done."""
    door.clock.advance(NOTICE_AFTER)
    return [(one.kind, one.to) for one in await door.deliver()]


async def change(door: Door, token: str, email: str) -> str:
    """The link to another address."""
    request = api.ChangeEmailRequest(email=email, password=PASSWORD)
    await grpc_client.call(door.client.recovery.ChangeEmail, request, token=token)
    return next(one.token for one in await door.deliver() if one.kind is Kind.VERIFY)


async def verify(door: Door, link: str) -> None:
    await grpc_client.call(door.client.recovery.VerifyEmail, api.VerifyEmailRequest(token=link))


async def test_an_address_cannot_be_taken_over_by_failing_first(door: Door) -> None:
    """A thief in her session lets his own account have the address, until the notice is too old."""
    admin = await door.client.admin()
    hers = await door.client.member(admin)
    await door.client.member(admin, "thief")
    await door.deliver()
    link = await change(door, hers, NEW)
    door.clock.advance(SIGN_IN_LASTS)
    thief = (await door.client.sign_in("thief@example.org")).access_token
    await verify(door, await change(door, thief, NEW))
    await told(door)
    assert await reason(verify(door, link)) == "EMAIL_TAKEN"
    assert await told(door) == []
    door.clock.advance(SIGN_IN_LASTS)
    thief = (await door.client.sign_in(NEW)).access_token
    await verify(door, await change(door, thief, "other@example.org"))
    await told(door)
    await verify(door, link)
    assert await told(door) == [(Kind.EMAIL_CHANGED, ADA)]


@pytest.mark.parametrize("apart", [timedelta(seconds=20), timedelta(minutes=1)], ids=str)
async def test_a_password_that_is_changed_at_the_second_try_is_told_once(
    door: Door, ada: Member, apart: timedelta
) -> None:
    request = api.RequestPasswordResetRequest(network="berlin", email=ADA)
    await grpc_client.call(door.client.recovery.RequestPasswordReset, request)
    token = next(one.token for one in await door.deliver() if one.kind is Kind.RESET)
    name = name_of(LinkToken.parse(token).secret)
    notice = Notice(Kind.PASSWORD_CHANGED, await account_of(door), name)
    await door.ports.outgoing.tell(notice)  # and then the process dies
    door.clock.advance(apart)
    assert await door.deliver() == []
    reset = api.ResetPasswordRequest(token=token, password="quite another password")
    await grpc_client.call(door.client.recovery.ResetPassword, reset)
    await grpc_client.call(door.client.recovery.ResetPassword, reset)
    assert await told(door) == [(Kind.PASSWORD_CHANGED, ADA)]
    assert await told(door) == []


async def test_a_passkey_that_is_removed_at_the_second_try_is_told_once(
    door: Door, ada: Member
) -> None:
    await ada.keep(Device().create(await ada.begin()))
    await told(door)
    [kept] = await ada.all()
    notice = Notice(Kind.PASSKEY_REMOVED, await account_of(door), UUID(kept.id))
    await door.ports.outgoing.tell(notice)  # and then she hangs up
    assert await told(door) == []
    await ada.remove(kept.id)
    assert await told(door) == [(Kind.PASSKEY_REMOVED, ADA)]
    assert await told(door) == []


async def test_a_second_try_is_not_judged_at_the_time_of_the_first(door: Door, ada: Member) -> None:
    await ada.keep(Device().create(await ada.begin()))
    await told(door)
    account = await account_of(door)
    [kept] = account.passkeys
    notice = Notice(Kind.PASSKEY_REMOVED, account, kept.id)
    await door.ports.outgoing.tell(notice)  # and then she hangs up
    door.clock.advance(NOTICE_AFTER - timedelta(seconds=1))
    await door.ports.outgoing.tell(notice)
    door.clock.advance(timedelta(seconds=1))
    assert await door.deliver() == []
    accounts = door.ports.directory.accounts(account.network_id)
    await accounts.save(passkey.remove(account, kept.id), ())
    assert await told(door) == [(Kind.PASSKEY_REMOVED, ADA)]


async def test_what_is_done_before_the_address_changes_is_told_to_the_one_before(
    door: Door, ada: Member
) -> None:
    """Or a thief would be told of his own passkey, and she only of the address."""
    link = await change(door, ada.token, NEW)
    await ada.keep(Device().create(await ada.begin()))
    await verify(door, link)
    assert sorted(await told(door)) == [(Kind.EMAIL_CHANGED, ADA), (Kind.PASSKEY_ADDED, ADA)]


async def test_who_leaves_takes_notices_and_the_addresses_in_them_along(
    door: Door, ada: Member
) -> None:
    await ada.keep(Device().create(await ada.begin()))
    mails, at = door.ports.directory.mails, door.clock.now() + NOTICE_AFTER
    [waiting] = await mails.due(at, 9)
    assert waiting.sealed
    assert b"ada" not in waiting.sealed
    assert await mails.forget((await account_of(door)).id) >= 1
    assert await mails.due(at, 9) == []
