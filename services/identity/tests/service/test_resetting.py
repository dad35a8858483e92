"""A forgotten password, where it can go wrong: answers that are lost, mails that are not found, and
what whoever had the old password left behind."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from common import grpc_client
from common.errors import DomainError
from identity.domain.mail import Kind, Letter
from kith.identity.v1 import recovery_service_pb2 as api

from services.identity.tests.authenticator import Device
from services.identity.tests.doors import Door
from services.identity.tests.passkeys import Member, ask, enter, reason
from services.identity.tests.second_factor import Ada

NEW, OTHER = "quite another password", "and another password"
ADA, NOBODY = "ada@example.org", "nobody@example.org"


@pytest.fixture
async def ada(door: Door) -> Member:
    """A member whose mails of before were delivered."""
    member = Member(door.client, await door.client.member(await door.client.admin()))
    await door.deliver()
    return member


async def ask_reset(door: Door, email: str = ADA) -> bytes:
    request = api.RequestPasswordResetRequest(network="berlin", email=email)
    reply = await grpc_client.call(door.client.recovery.RequestPasswordReset, request)
    return reply.SerializeToString()


async def link(door: Door) -> str:
    """The link that comes of asking."""
    await ask_reset(door)
    return next(one.token for one in await door.deliver() if one.kind is Kind.RESET)


async def reset(door: Door, token: str, password: str = NEW, *, keep: bool = False) -> None:
    request = api.ResetPasswordRequest(token=token, password=password, keep_passkeys=keep)
    await grpc_client.call(door.client.recovery.ResetPassword, request)


async def told(door: Door) -> list[Letter]:
    """What she is told of what was done a moment ago."""
    door.clock.advance(timedelta(seconds=30))
    return await door.deliver()


async def heard(call: Awaitable[Any]) -> str:
    try:
        await call
    except DomainError as refused:
        return refused.reason
    return "done"


async def test_a_lost_answer_is_had_again_by_the_same_password_for_a_while(
    door: Door, ada: Member
) -> None:
    token = await link(door)
    for _ in range(3):
        await reset(door, token)
    assert await reason(reset(door, token, OTHER)) == "LINK_INVALID"
    session = await door.client.sign_in(ADA, password=NEW)
    await reset(door, token)
    await door.client.refresh(session)  # it was not done again
    assert [one.kind for one in await told(door)] == [Kind.PASSWORD_CHANGED]
    door.clock.advance(timedelta(minutes=15))
    assert await reason(reset(door, token)) == "LINK_INVALID"


async def test_a_used_link_is_no_way_to_guess_the_password(door: Door, ada: Member) -> None:
    token = await link(door)
    await reset(door, token)
    answers = [await heard(reset(door, token, f"{OTHER} {number}")) for number in range(8)]
    assert answers[0] == "LINK_INVALID"
    assert answers[-1] == "LIMITED"
    await door.client.sign_in(ADA, password=NEW)


async def test_a_used_link_says_nothing_of_a_password_that_came_later(
    door: Door, ada: Member
) -> None:
    first = await link(door)
    await reset(door, first)
    door.clock.advance(timedelta(minutes=2))
    await reset(door, await link(door), OTHER)
    for password in (NEW, OTHER):
        assert await reason(reset(door, first, password)) == "LINK_INVALID"


async def test_who_does_not_find_the_mail_gets_another_and_the_first_ends(
    door: Door, ada: Member
) -> None:
    first = await link(door)
    door.clock.advance(timedelta(minutes=2))
    second = await link(door)
    assert await reason(reset(door, first)) == "LINK_INVALID"
    await reset(door, second)


async def test_three_mails_an_hour_are_sent_and_nobody_learns_to_whom(
    door: Door, ada: Member
) -> None:
    answers: list[list[bytes]] = []
    letters: list[Letter] = []
    for email in (ADA, NOBODY):
        answers.append([])
        for _ in range(6):
            answers[-1].append(await ask_reset(door, email))
            door.clock.advance(timedelta(minutes=5))
            letters += await door.deliver()
        door.clock.advance(timedelta(minutes=30))  # to the next hour
    assert answers[0] == answers[1]
    assert [(one.kind, one.to) for one in letters] == [(Kind.RESET, ADA)] * 3
    await link(door)


@pytest.mark.parametrize("keep", [False, True], ids=["not kept", "kept"])
async def test_passkeys_end_with_the_old_password_unless_they_are_kept(
    door: Door, ada: Member, keep: bool
) -> None:
    """Whoever knew the old one may have added one; it would be a way in for ever."""
    thief = Device()
    await ada.keep(thief.create(await ada.begin()))
    await reset(door, await link(door), keep=keep)
    entering = await heard(enter(door.client, thief.sign_in(await ask(door.client))))
    assert entering == ("done" if keep else "CREDENTIALS_INVALID")
    [notice] = [one for one in await told(door) if one.kind is Kind.PASSWORD_CHANGED]
    assert notice.passkeys == int(keep)


async def test_who_wanted_to_keep_passkeys_and_then_not_is_not_told_that_they_ended(
    door: Door, ada: Member
) -> None:
    await ada.keep(Device().create(await ada.begin()))
    token = await link(door)
    await reset(door, token, keep=True)
    await reset(door, token, keep=True)  # as a client does that got no answer
    assert await reason(reset(door, token, keep=False)) == "LINK_INVALID"
    door.clock.advance(timedelta(minutes=2))
    await reset(door, await link(door))
    session = await door.client.sign_in(ADA, password=NEW)
    assert await Member(door.client, session.access_token).all() == []


async def test_a_second_factor_is_asked_for_after_a_reset_too(door: Door, ada: Member) -> None:
    """The mail is no proof of it (OWASP ASVS 5.0, 6.4.3)."""
    app = Ada(door, ada.token)
    await app.begin()
    await app.confirm()
    await reset(door, await link(door))
    signing_in = door.client.sign_in(ADA, password=NEW)
    assert await reason(signing_in) == "SECOND_FACTOR_NEEDED"
