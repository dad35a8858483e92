"""A forgotten password and whose an address is, over the wire, with the mails in between."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from common import grpc_client
from common.errors import DomainError, Invalid, Unavailable
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import MasterKey
from identity.domain.mail import Kind, Letter
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import recovery_service_pb2 as api
from kith.identity.v1 import totp_service_pb2 as totp

from services.identity.tests.builders import NOW, PASSWORD
from services.identity.tests.doors import Door

NEW = "quite another password"
ADA = "ada@example.org"


async def ask_reset(door: Door, email: str = ADA, network: str = "berlin") -> bytes:
    request = api.RequestPasswordResetRequest(network=network, email=email)
    reply = await grpc_client.call(door.client.recovery.RequestPasswordReset, request)
    return reply.SerializeToString()


async def reset(door: Door, token: str, password: str = NEW) -> None:
    request = api.ResetPasswordRequest(token=token, password=password)
    await grpc_client.call(door.client.recovery.ResetPassword, request)


async def verify(door: Door, token: str) -> None:
    await grpc_client.call(door.client.recovery.VerifyEmail, api.VerifyEmailRequest(token=token))


async def change(door: Door, token: str, email: str, password: str = PASSWORD) -> None:
    request = api.ChangeEmailRequest(email=email, password=password)
    await grpc_client.call(door.client.recovery.ChangeEmail, request, token=token)


async def verified(door: Door, token: str) -> bool:
    reply = await grpc_client.call(
        door.client.accounts.GetAccount, identity.GetAccountRequest(), token=token
    )
    return reply.account.email_verified


async def reason_of(call: Awaitable[Any]) -> str:
    with pytest.raises(DomainError) as refused:
        await call
    return refused.value.reason


async def member(door: Door, handle: str = "ada") -> tuple[str, Letter]:
    """A new member's token, and the letter she got; others' letters are delivered too."""
    admin = await door.client.admin()
    token = await door.client.member(admin, handle)
    [letter] = [one for one in await door.deliver() if one.to.startswith(handle)]
    return token, letter


async def later(door: Door, **passed: int) -> None:
    door.clock.advance(timedelta(**passed))


async def test_who_forgot_her_password_chooses_another_and_is_signed_out_everywhere(
    door: Door,
) -> None:
    await member(door)
    session = await door.client.sign_in(ADA)
    await ask_reset(door)
    [letter] = await door.deliver()
    assert (letter.kind, letter.to) == (Kind.RESET, ADA)
    await reset(door, letter.token)
    assert await reason_of(door.client.refresh(session)) == "SESSION_ENDED"
    assert await reason_of(door.client.sign_in(ADA)) == "CREDENTIALS_INVALID"
    token = (await door.client.sign_in(ADA, password=NEW)).access_token
    assert await verified(door, token)
    await later(door, minutes=1)
    [notice] = await door.deliver()
    assert (notice.kind, notice.to, notice.token) == (Kind.PASSWORD_CHANGED, ADA, "")


async def test_a_link_works_once_and_for_an_hour(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [letter] = await door.deliver()
    await reset(door, letter.token)
    assert await reason_of(reset(door, letter.token, f"{NEW}!")) == "LINK_INVALID"
    await later(door, minutes=20)
    await ask_reset(door)
    [letter] = [one for one in await door.deliver() if one.kind is Kind.RESET]
    await later(door, hours=1)
    assert await reason_of(reset(door, letter.token)) == "LINK_INVALID"


async def test_a_newer_link_ends_the_one_before(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [first] = await door.deliver()
    await later(door, minutes=20)
    await ask_reset(door)
    [second] = await door.deliver()
    assert await reason_of(reset(door, first.token)) == "LINK_INVALID"
    await reset(door, second.token)


async def test_a_password_that_is_too_short_does_not_use_the_link_up(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [letter] = await door.deliver()
    assert await reason_of(reset(door, letter.token, "short")) == "INVALID_ARGUMENT"
    await reset(door, letter.token)


@pytest.mark.parametrize("token", ["", "no", "A" * 86, "ä", "A" * 85 + "="])
async def test_what_was_never_a_link_opens_nothing(door: Door, token: str) -> None:
    assert await reason_of(reset(door, token)) == "LINK_INVALID"
    assert await reason_of(verify(door, token)) == "LINK_INVALID"


async def test_a_link_of_one_kind_does_nothing_of_another(door: Door) -> None:
    _, letter = await member(door)
    assert letter.kind is Kind.VERIFY
    assert await reason_of(reset(door, letter.token)) == "LINK_INVALID"
    await ask_reset(door)
    [other] = await door.deliver()
    assert await reason_of(verify(door, other.token)) == "LINK_INVALID"


async def test_asking_never_tells_whether_there_is_an_account(door: Door) -> None:
    await member(door)
    before = {one.id for one in await door.ports.directory.mails.due(door.clock.now(), 99)}
    asked = [(ADA, "berlin"), ("nobody@example.org", "berlin"), (ADA, "nothing")]
    assert len({await ask_reset(door, *one) for one in asked}) == 1
    waiting = await door.ports.directory.mails.due(door.clock.now(), 99)
    new = [one for one in waiting if one.id not in before]
    assert len(new) == 3
    assert len({(one.kind, one.member_id, len(one.sealed or b"") > 0) for one in new}) == 1
    assert [one.to for one in await door.deliver()] == [ADA]


async def test_asking_often_sends_one_mail_and_then_has_to_wait(door: Door) -> None:
    await member(door)
    for email in (ADA, "nobody@example.org"):
        heard = []
        for _ in range(8):
            try:
                heard.append(await ask_reset(door, email))
            except DomainError as refused:
                heard.append(refused.reason.encode())
        assert heard[:5] == [b""] * 5
        assert heard[-1] == b"LIMITED"
    assert len(await door.deliver()) == 1


async def test_an_address_is_confirmed_by_the_mail_that_registering_brings(door: Door) -> None:
    token, letter = await member(door)
    assert not await verified(door, token)
    await verify(door, letter.token)
    assert await verified(door, token)
    assert await reason_of(verify(door, letter.token)) == "LINK_INVALID"
    await later(door, minutes=20)
    token = (await door.client.sign_in(ADA)).access_token
    request = api.RequestEmailVerificationRequest()
    await grpc_client.call(door.client.recovery.RequestEmailVerification, request, token=token)
    assert await door.deliver() == []  # it is confirmed


async def test_another_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    door: Door,
) -> None:
    token, _ = await member(door)
    await change(door, token, "New@Example.org")
    [letter] = await door.deliver()
    assert (letter.kind, letter.to) == (Kind.VERIFY, "new@example.org")
    await door.client.sign_in(ADA)
    await verify(door, letter.token)
    assert await reason_of(door.client.sign_in(ADA)) == "CREDENTIALS_INVALID"
    await door.client.sign_in("new@example.org")
    await later(door, minutes=1)
    [notice] = await door.deliver()
    assert (notice.kind, notice.to) == (Kind.EMAIL_CHANGED, ADA)


async def test_a_stolen_token_alone_changes_no_address(door: Door) -> None:
    token, _ = await member(door)
    wrong = change(door, token, "thief@example.org", "not the password")
    assert await reason_of(wrong) == "PROOF_INVALID"
    assert await door.deliver() == []


async def test_an_address_somebody_has_is_told_to_its_owner_alone(door: Door) -> None:
    token, _ = await member(door)
    await change(door, token, "admin@example.org")
    [letter] = await door.deliver()
    assert (letter.kind, letter.to) == (Kind.ALREADY_THERE, "admin@example.org")
    assert letter.token == ""


async def test_an_address_that_is_taken_meanwhile_stays_whose_it_is(door: Door) -> None:
    admin = await door.client.admin()
    token = await door.client.member(admin)
    await door.deliver()
    await change(door, token, "bea@example.org")
    [letter] = await door.deliver()
    await door.client.register(await door.client.invite(admin), "bea")
    assert await reason_of(verify(door, letter.token)) == "EMAIL_TAKEN"
    await door.client.sign_in(ADA)


async def test_the_mail_server_is_away_and_nothing_is_lost(door: Door) -> None:
    await member(door)
    door.post.failures = [Unavailable("away"), Unavailable("away")]
    await ask_reset(door)
    assert await door.deliver() == []
    await later(door, minutes=1)
    assert await door.deliver() == []
    await later(door, minutes=1)
    assert await door.deliver() == []  # not yet again
    await later(door, minutes=1)
    [letter] = await door.deliver()
    await reset(door, letter.token)


async def test_a_mail_that_is_refused_is_given_up_and_one_too_old_too(door: Door) -> None:
    await member(door)
    door.post.failures = [Invalid("no such mailbox")]
    await ask_reset(door)
    assert await door.deliver() == []
    await later(door, minutes=30)
    door.post.failures = [Unavailable("away")]
    await ask_reset(door)
    await door.deliver()
    await later(door, hours=2)
    assert await door.deliver() == []


async def test_a_mail_sent_twice_brings_no_used_link_back(door: Door) -> None:
    """The server took it, and the process died before that was noted."""
    await member(door)
    await ask_reset(door)
    mails = door.ports.directory.mails
    [mail] = await mails.due(door.clock.now(), 9)
    claimed = mail.claim(door.clock.now())
    await mails.save(claimed)
    _, letter = await door.postman._write(claimed)
    assert letter
    await reset(door, letter.token)
    await later(door, minutes=2)
    [again] = [one for one in await door.deliver() if one.kind is Kind.RESET]
    assert again.token == letter.token
    assert await reason_of(reset(door, again.token, f"{NEW}!")) == "LINK_INVALID"


async def test_what_waits_shows_neither_link_nor_address(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [mail] = await door.ports.directory.mails.due(door.clock.now(), 9)
    [letter] = await door.deliver()
    shown = repr(mail) + str(mail.sealed)
    assert ADA not in shown
    assert letter.token not in shown


async def test_of_many_who_use_a_link_at_once_one_does(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [letter] = await door.deliver()

    async def attempt(number: int) -> str:
        try:
            await reset(door, letter.token, f"{NEW} {number}")
        except DomainError as refused:
            return refused.reason
        return f"{NEW} {number}"

    outcomes = await asyncio.gather(*map(attempt, range(5)))
    [chosen] = [one for one in outcomes if one != "LINK_INVALID"]
    await door.client.sign_in(ADA, password=chosen)


async def test_a_mail_sealed_with_a_key_that_is_lost_is_given_up(door: Door) -> None:
    await member(door)
    await ask_reset(door)
    [mail] = await door.ports.directory.mails.due(door.clock.now(), 9)
    postman = replace(door.postman, seal=MailSeal(MasterKey(b"x" * 32)))
    assert await postman.step(mail) == "refused"
    assert await door.ports.directory.mails.due(door.clock.now() + timedelta(days=1), 9) == []


async def test_who_is_leaving_gets_no_mail_any_more(door: Door) -> None:
    token, letter = await member(door)
    accounts = door.ports.directory.accounts(UUID(network_of(token)))
    account = await accounts.by_email(ADA)
    assert account
    await accounts.save(*account.close(door.clock.now()))
    await ask_reset(door)
    assert await door.deliver() == []
    assert await reason_of(verify(door, letter.token)) == "LINK_INVALID"


def network_of(token: str) -> str:
    """The network an access token is of."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims["net"])


@pytest.mark.parametrize(
    "email, network, field",
    [("ada", "berlin", "email"), (ADA, "", "network"), (ADA, "B", "network")],
)
async def test_what_can_be_no_address_and_no_network_is_said(
    door: Door, email: str, network: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await ask_reset(door, email, network)
    assert refused.value.metadata["field"] == field
    assert await door.ports.directory.mails.due(door.clock.now(), 9) == []


async def test_a_new_password_ends_what_whoever_had_the_old_one_had_begun(door: Door) -> None:
    """Or a link to her own address would give the account back to a thief days later."""
    token, _ = await member(door)
    await change(door, token, "thief@example.org")
    [to_thief] = await door.deliver()
    begun = totp.CreateTotpRequest(password=PASSWORD)
    secret = (await grpc_client.call(door.client.totp.CreateTotp, begun, token=token)).secret
    await ask_reset(door)
    [letter] = await door.deliver()
    await reset(door, letter.token)
    assert await reason_of(verify(door, to_thief.token)) == "LINK_INVALID"
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303  # what apps know
    code = totp.ConfirmTotpRequest(code=app.generate(int(NOW.timestamp())).decode())
    confirming = grpc_client.call(door.client.totp.ConfirmTotp, code, token=token)
    assert await reason_of(confirming) == "TOTP_NOT_BEGUN"
    await door.client.sign_in(ADA, password=NEW)


async def test_a_member_cannot_have_mails_sent_to_many_strangers(door: Door) -> None:
    token, _ = await member(door)
    for number in range(6):
        await change(door, token, f"stranger-{number}@example.org")
    assert await reason_of(change(door, token, "stranger-6@example.org")) == "LIMITED"
    assert len(await door.deliver()) == 6


async def test_an_address_that_could_be_taken_for_another_is_refused(door: Door) -> None:
    token, _ = await member(door)
    assert await reason_of(change(door, token, "gro\u00df@example.org")) == "INVALID_ARGUMENT"
    assert await door.deliver() == []
