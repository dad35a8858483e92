"""Joining without an invite over the wire: waiting, deciding, the roster, and guessing at it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from common import grpc_client
from common.errors import DomainError
from identity.domain.mail import Kind
from kith.identity.v1 import audit_service_pb2 as audit
from kith.identity.v1 import joining_service_pb2 as api
from kith.identity.v1 import network_pb2

from services.identity.tests.applying import apply, complete, link_to, opened, waiting
from services.identity.tests.doors import Door

ADA = api.Eligible(member_number="k-1234 567", birth_date="1990-02-28")


async def reason_of(call: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await call
    return refused.value.reason


async def actions(door: Door, admin: str, subject: str) -> list[str]:
    reply = await grpc_client.call(
        door.client.audit.ListAuditEntries, audit.ListAuditEntriesRequest(), token=admin
    )
    return [one.action.rpartition("/")[2] for one in reply.entries if subject in one.subject_ids]


async def test_who_waits_gets_no_token_until_an_admin_lets_her_in(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_APPROVAL)
    assert await apply(door, note="I live with it too")
    assert await reason_of(door.client.sign_in("ada@example.org")) == "APPROVAL_PENDING"
    wrong = door.client.sign_in("ada@example.org", password="not the password")
    assert await reason_of(wrong) == "CREDENTIALS_INVALID"
    [ada] = await waiting(door, admin)
    assert (ada.handle, ada.note) == ("ada", "I live with it too")
    request = api.ApproveApplicationRequest(member_id=ada.member_id)
    for _ in range(2):
        reply = await grpc_client.call(door.client.joining.ApproveApplication, request, token=admin)
        assert not reply.account.pending
    assert (await door.client.sign_in("ada@example.org")).member_id == ada.member_id
    assert await waiting(door, admin) == []
    assert "ApproveApplication" in await actions(door, admin, ada.member_id)


async def test_who_is_declined_is_told_at_the_door_and_it_is_audited(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_APPROVAL)
    await apply(door)
    [ada] = await waiting(door, admin)
    request = api.DeclineApplicationRequest(
        member_id=ada.member_id, reason=api.DECLINE_REASON_UNCONFIRMED
    )
    decline = door.client.joining.DeclineApplication
    await grpc_client.call(decline, request, token=admin)
    assert await reason_of(door.client.sign_in("ada@example.org")) == "APPLICATION_DECLINED"
    assert "DeclineApplication" in await actions(door, admin, ada.member_id)
    late = api.ApproveApplicationRequest(member_id=ada.member_id)
    approval = grpc_client.call(door.client.joining.ApproveApplication, late, token=admin)
    assert await reason_of(approval) == "APPLICATION_DECIDED"
    request.reason = api.DECLINE_REASON_UNSPECIFIED
    call = grpc_client.call(decline, request, token=admin)
    assert await reason_of(call) == "INVALID_ARGUMENT"


async def test_the_roster_lets_in_who_is_on_it_once(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_ELIGIBILITY)
    add = api.AddEligibleRequest(eligible=[ADA])
    added = [
        (await grpc_client.call(door.client.roster.AddEligible, add, token=admin)).added_count
        for _ in range(2)
    ]
    assert added == [1, 0]
    typed = api.Eligible(member_number="K1234567", birth_date="1990-02-28")
    assert not await apply(door, eligible=typed)
    await door.client.sign_in("ada@example.org")
    assert await reason_of(apply(door, "bea", eligible=typed)) == "JOINING_REFUSED"
    count = await grpc_client.call(
        door.client.roster.CountEligible, api.CountEligibleRequest(), token=admin
    )
    assert (count.total_count, count.joined_count) == (1, 1)
    removal = api.RemoveEligibleRequest(eligible=[ADA])
    removed = await grpc_client.call(door.client.roster.RemoveEligible, removal, token=admin)
    assert removed.removed_count == 0


async def test_a_bad_row_is_named_and_no_row_is_taken(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_ELIGIBILITY)
    bad = api.AddEligibleRequest(eligible=[ADA, api.Eligible(member_number="K1")])
    with pytest.raises(DomainError) as refused:
        await grpc_client.call(door.client.roster.AddEligible, bad, token=admin)
    assert refused.value.metadata == {"field": "eligible", "row": "2"}
    for wrong in (api.AddEligibleRequest(), api.AddEligibleRequest(eligible=[ADA] * 501)):
        call = grpc_client.call(door.client.roster.AddEligible, wrong, token=admin)
        assert await reason_of(call) == "INVALID_ARGUMENT"
    count = await grpc_client.call(
        door.client.roster.CountEligible, api.CountEligibleRequest(), token=admin
    )
    assert count.total_count == 0


async def test_guessing_a_date_of_birth_is_slowed_down_also_for_a_number_nobody_has(
    door: Door,
) -> None:
    await opened(door, network_pb2.OPENING_RULE_ELIGIBILITY)
    for name, number in (("bea", "K1234567"), ("cleo", "K7654321")):
        token = await link_to(door, f"{name}@example.org")
        heard = [
            await reason_of(
                complete(
                    door, token, name,
                    eligible=api.Eligible(member_number=number, birth_date=f"1990-01-{day:02}"),
                )
            )
            for day in range(1, 9)
        ]  # fmt: skip
        assert heard[0] == "JOINING_REFUSED"
        assert heard[-1] == "LIMITED"


async def test_an_invite_that_was_ended_lets_nobody_in_and_is_still_listed(door: Door) -> None:
    admin = await door.client.admin()
    code = await door.client.invite(admin, max_uses=2)
    await door.client.register(code, "ada")
    asked = api.ListInvitesRequest()
    listed = await grpc_client.call(door.client.joining.ListInvites, asked, token=admin)
    spare = listed.invites[-1]
    assert (spare.code, spare.max_uses, spare.used_count, spare.revoked) == ("", 2, 1, False)
    request = api.RevokeInviteRequest(invite_id=spare.id)
    for _ in range(2):
        await grpc_client.call(door.client.joining.RevokeInvite, request, token=admin)
    assert await reason_of(door.client.register(code, "bea")) == "INVITE_INVALID"
    listed = await grpc_client.call(door.client.joining.ListInvites, asked, token=admin)
    assert [one.revoked for one in listed.invites] == [False, True]


async def test_of_another_network_there_is_nothing(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_APPROVAL)
    code = await door.client.invite(admin)
    await apply(door)
    [ada] = await waiting(door, admin)
    [*_, invite] = (
        await grpc_client.call(
            door.client.joining.ListInvites, api.ListInvitesRequest(), token=admin
        )
    ).invites
    other = await door.client.admin("paris")
    assert code
    assert await waiting(door, other) == []
    joining = door.client.joining
    approval = api.ApproveApplicationRequest(member_id=ada.member_id)
    ending = api.RevokeInviteRequest(invite_id=invite.id)
    assert (
        await reason_of(grpc_client.call(joining.ApproveApplication, approval, token=other))
        == "ACCOUNT_NOT_FOUND"
    )
    assert (
        await reason_of(grpc_client.call(joining.RevokeInvite, ending, token=other))
        == "INVITE_NOT_FOUND"
    )


async def test_of_many_with_one_entry_one_gets_in(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_ELIGIBILITY)
    add = api.AddEligibleRequest(eligible=[ADA])
    await grpc_client.call(door.client.roster.AddEligible, add, token=admin)

    links = [await link_to(door, f"m-{number}@example.org") for number in range(4)]

    async def attempt(number: int) -> str:
        try:
            await complete(door, links[number], f"m-{number}", eligible=ADA)
        except DomainError as refused:
            return refused.reason
        return "joined"

    assert sorted(await asyncio.gather(*map(attempt, range(4)))) == ["JOINING_REFUSED"] * 3 + [
        "joined"
    ]


async def test_what_was_decided_is_told_by_mail(door: Door) -> None:
    admin = await opened(door, network_pb2.OPENING_RULE_APPROVAL)
    await door.deliver()
    for handle in ("ada", "bea"):
        await apply(door, handle)
    assert await door.deliver() == [], "the address is confirmed already"
    ada, bea = await waiting(door, admin)
    approval = api.ApproveApplicationRequest(member_id=ada.member_id)
    refusal = api.DeclineApplicationRequest(member_id=bea.member_id, reason=api.DECLINE_REASON_FULL)
    for _ in range(2):
        await grpc_client.call(door.client.joining.ApproveApplication, approval, token=admin)
        await grpc_client.call(door.client.joining.DeclineApplication, refusal, token=admin)
    told = [(one.kind, one.to, one.reason) for one in await door.deliver()]
    assert sorted(told) == [
        (Kind.APPROVED, "ada@example.org", ""), (Kind.DECLINED, "bea@example.org", "full"),
    ]  # fmt: skip
