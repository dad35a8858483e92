"""Asking to join, as an outsider sees it: nothing tells who has an account, and nothing is filled
up or sent out without end."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from common import grpc_client
from common.errors import DomainError
from common.mongo import Database
from identity.domain.account import AccountCreated
from identity.domain.mail import Kind
from identity.domain.throttle import STRANGERS
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import joining_service_pb2 as api
from kith.identity.v1 import network_pb2
from kith.identity.v1 import recovery_service_pb2 as recovery

from services.identity.tests.applying import apply, ask, complete, link_to, opened, waiting
from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Door

APPROVAL = network_pb2.OPENING_RULE_APPROVAL
ELIGIBILITY = network_pb2.OPENING_RULE_ELIGIBILITY
ADA = api.Eligible(member_number="K1234567", birth_date="1990-02-28")
TAKEN, FREE = "admin@example.org", "nobody@example.org"


async def heard(call: Awaitable[Any]) -> str:
    """All that comes back of a call, answer or refusal."""
    try:
        return repr(await call)
    except DomainError as refused:
        return f"{refused.kind} {refused.reason} {refused.message} {refused.metadata}"


async def probe(door: Door, email: str, times: int) -> list[str]:
    """What an outsider who reads no mail of this address can learn of it."""
    seen = []
    for _ in range(times):
        seen.append(await heard(ask(door, email)))
        sign_in = identity.CreateSessionRequest(
            network="berlin", email=email, password="guessed it"
        )
        seen.append(await heard(grpc_client.call(door.client.sessions.CreateSession, sign_in)))
        reset = recovery.RequestPasswordResetRequest(network="berlin", email=email)
        seen.append(await heard(grpc_client.call(door.client.recovery.RequestPasswordReset, reset)))
    return seen


@pytest.mark.parametrize("rule", [APPROVAL, ELIGIBILITY], ids=["approval", "roster"])
async def test_nothing_an_outsider_sees_tells_who_has_an_account(
    door: Door, rule: network_pb2.OpeningRule.ValueType
) -> None:
    """Neither asking in somebody's name, nor signing in or forgetting a password after that."""
    admin = await opened(door, rule)
    await grpc_client.call(
        door.client.roster.AddEligible, api.AddEligibleRequest(eligible=[ADA]), token=admin
    )
    assert await probe(door, TAKEN, 9) == await probe(door, FREE, 9)
    assert await waiting(door, admin) == []
    accounts = door.ports.directory.accounts((await _network(door)).id)
    assert len(await accounts.page(None, 9)) == 1, "asking makes no account"


async def test_who_sends_what_was_asked_for_before_learns_no_more(door: Door) -> None:
    """A handle that is taken, or a password: they are not looked at."""
    await opened(door, APPROVAL)
    answers = set()
    for handle in ("admin", "nobody"):
        for email in (TAKEN, FREE):
            request = api.ApplyRequest(
                network="berlin", handle=handle, email=email, password=PASSWORD, note="x" * 999
            )
            answers.add(await heard(grpc_client.call(door.client.joining.Apply, request)))
            signing_in = door.client.sign_in(FREE)
            assert "CREDENTIALS_INVALID" in await heard(signing_in)
    assert len(answers) == 1


async def test_only_who_reads_the_mail_learns_it(door: Door) -> None:
    await opened(door, APPROVAL)
    await door.deliver()
    await ask(door, "ADMIN@example.org")
    await ask(door, FREE)
    told = {one.to: (one.kind, bool(one.token)) for one in await door.deliver()}
    assert told == {TAKEN: (Kind.ALREADY_THERE, False), FREE: (Kind.JOIN, True)}


async def test_a_thief_of_an_address_gets_no_way_into_what_comes_of_it(door: Door) -> None:
    """He asks in her name, she opens the mail: the password is hers, chosen behind the link."""
    admin = await opened(door, APPROVAL)
    request = api.ApplyRequest(network="berlin", email=FREE, password="the thief's password")
    await grpc_client.call(door.client.joining.Apply, request)
    [letter] = [one for one in await door.deliver() if one.to == FREE]
    await complete(door, letter.token, "nobody")
    [nobody] = await waiting(door, admin)
    approval = api.ApproveApplicationRequest(member_id=nobody.member_id)
    await grpc_client.call(door.client.joining.ApproveApplication, approval, token=admin)
    stolen = door.client.sign_in(FREE, password="the thief's password")
    assert "CREDENTIALS_INVALID" in await heard(stolen)
    await door.client.sign_in(FREE)


async def test_an_admin_sees_who_confirmed_her_address_and_nobody_else(door: Door) -> None:
    admin = await opened(door, APPROVAL)
    token = await link_to(door, "ada@example.org")
    assert await waiting(door, admin) == []
    assert await complete(door, token, "ada")
    [ada] = await waiting(door, admin)
    approval = api.ApproveApplicationRequest(member_id=ada.member_id)
    reply = await grpc_client.call(door.client.joining.ApproveApplication, approval, token=admin)
    assert reply.account.email_verified


async def test_handles_are_guessed_slowly_by_who_has_a_link(door: Door) -> None:
    await opened(door, APPROVAL)
    token = await link_to(door, "eve@example.org")
    answers = [await heard(complete(door, token, "admin")) for _ in range(8)]
    assert "HANDLE_TAKEN" in answers[0]
    assert "LIMITED" in answers[-1]
    door.clock.advance(timedelta(minutes=5))
    await complete(door, token, "eve")


async def test_asking_again_is_answered_alike_and_sends_three_mails_a_day(door: Door) -> None:
    await opened(door, APPROVAL)
    await door.deliver()
    answers, letters = set(), []
    for _ in range(10):
        answers |= {await ask(door, TAKEN), await ask(door, FREE), await ask(door, FREE)}
        letters += [(one.to, one.kind) for one in await door.deliver()]
        door.clock.advance(timedelta(minutes=16))
    assert len(answers) == 1
    assert sorted(letters) == [(TAKEN, Kind.ALREADY_THERE)] * 3 + [(FREE, Kind.JOIN)] * 3
    door.clock.advance(timedelta(days=1))
    await link_to(door, FREE)


async def test_one_place_cannot_have_mails_sent_to_everybody(door: Door) -> None:
    await opened(door, APPROVAL)
    asked = [
        await heard(ask(door, f"n{number}@example.org", address="203.0.113.7"))
        for number in range(33)
    ]
    assert ["LIMITED" in one for one in asked] == [False] * 31 + [True] * 2
    await ask(door, FREE, address="203.0.113.8")


async def test_all_places_together_cannot_either(door: Door) -> None:
    """And who comes too late is told so, whoever she is."""
    await opened(door, APPROVAL)
    network = await _network(door)
    throttle = door.ports.throttle
    for _ in range(STRANGERS.free + 1):
        await throttle.spend(throttle.of_network(network.id))
    answers = [await heard(ask(door, email)) for email in (TAKEN, FREE)]
    assert answers[0] == answers[1]
    assert "LIMITED" in answers[0]
    door.clock.advance(timedelta(seconds=1))
    await ask(door, FREE)


async def test_whoever_has_an_account_meanwhile_is_told_so_behind_her_own_link(door: Door) -> None:
    admin = await opened(door, APPROVAL)
    token = await link_to(door, "ada@example.org")
    await door.client.register(await door.client.invite(admin), "ada")
    assert "EMAIL_TAKEN" in await heard(complete(door, token, "other"))


async def test_who_is_let_in_does_not_go_by_herself_after_all(
    door: Door, database: Database
) -> None:
    """What waits has an end, which the database sees to; whoever is let in must lose it."""
    admin = await opened(door, APPROVAL)
    await apply(door, "ada")
    [ada] = await waiting(door, admin)
    raw = database.unscoped("accounts")
    waits = await raw.find_one({"waiting": True})
    assert waits
    assert waits["remove_at"] - door.clock.now() == timedelta(days=30)
    approval = api.ApproveApplicationRequest(member_id=ada.member_id)
    await grpc_client.call(door.client.joining.ApproveApplication, approval, token=admin)
    entered = await raw.find_one({"_id": waits["_id"]})
    assert entered
    assert "remove_at" not in entered
    assert AccountCreated.__name__ in str(entered["outbox"])


async def test_who_waits_too_long_is_told_a_day_before_it_ends(door: Door) -> None:
    admin = await opened(door, APPROVAL)
    for handle in ("ada", "bea", "cleo"):
        await apply(door, handle)
    ada, bea, _ = await waiting(door, admin)
    approval = api.ApproveApplicationRequest(member_id=ada.member_id)
    await grpc_client.call(door.client.joining.ApproveApplication, approval, token=admin)
    refusal = api.DeclineApplicationRequest(member_id=bea.member_id, reason=api.DECLINE_REASON_FULL)
    await grpc_client.call(door.client.joining.DeclineApplication, refusal, token=admin)
    await door.deliver()
    door.clock.advance(timedelta(days=28))
    assert await door.deliver() == []
    door.clock.advance(timedelta(days=1))
    told = [(one.kind, one.to) for one in await door.deliver()]
    assert told == [(Kind.APPLICATION_ENDS, "cleo@example.org")]


async def _network(door: Door) -> Any:
    return await door.ports.directory.networks.by_slug("berlin")
