"""Roles that are given, end and are taken; badges; and what of it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from identity.domain import granting
from identity.domain.account import Account, Events
from identity.domain.errors import BadgeNeeded
from identity.domain.grant import (
    MAX_REASON,
    NO_REASON,
    Badge,
    BadgeKind,
    Grant,
    Held,
    RoleChange,
    RolesChanged,
)
from identity.domain.role import Role

from services.identity.tests.builders import NOW, a_member

ADMIN = new_id()
DAY = timedelta(days=1)
ADA = a_member("ada")[0]


def a_grant(role: Role, days: float | None = None, reason: str = "she asked") -> Grant:
    return Grant(role, ADMIN, NOW, reason, None if days is None else NOW + days * DAY)


def a_badge(days: float = 30) -> Badge:
    return Badge(BadgeKind.MENTOR_TRAINING, ADMIN, NOW, NOW + days * DAY)


def trained(days: float = 30) -> Account:
    return granting.award(ADA, a_badge(days))[0]


def told(events: Events) -> list[RoleChange]:
    assert all(isinstance(one, RolesChanged) and one.by == ADMIN for one in events)
    return [one.change for one in events if isinstance(one, RolesChanged)]


def roles(*held: Role) -> frozenset[Role]:
    return frozenset(held)


def in_force(account: Account, at: datetime = NOW) -> set[Role]:
    return set(account.held.in_force(at)[0])


def test_a_role_counts_until_its_grant_ends() -> None:
    account, events = granting.grant(ADA, a_grant(Role.MODERATOR, 7))
    assert told(events) == [RoleChange.GRANTED]
    assert account.version == ADA.version + 1
    end = NOW + 7 * DAY
    assert account.held.in_force(NOW) == (roles(Role.MEMBER, Role.MODERATOR), end)
    assert account.held.in_force(end - timedelta(milliseconds=1))[1] == end
    assert account.held.in_force(end) == (roles(Role.MEMBER), None)


def test_the_same_again_changes_and_tells_nothing() -> None:
    wanted = a_grant(Role.MODERATOR, 7)
    account, _ = granting.grant(ADA, wanted)
    again = replace(wanted, granted_by=new_id(), granted_at=NOW + DAY)
    assert granting.grant(account, again) == (account, ())
    assert granting.revoke(ADA, Role.MODERATOR, ADMIN, NOW) == (ADA, ())
    assert granting.award(trained(), a_badge()) == (trained(), ())
    assert granting.withdraw(ADA, BadgeKind.MENTOR_TRAINING, ADMIN, NOW) == (ADA, ())


def test_another_end_or_reason_takes_the_place_of_the_one_before() -> None:
    account, _ = granting.grant(ADA, a_grant(Role.MODERATOR, 7))
    for wanted in (a_grant(Role.MODERATOR, 9), a_grant(Role.MODERATOR, 9, "longer"),
                   a_grant(Role.MODERATOR)):  # fmt: skip
        account, events = granting.grant(account, wanted)
        assert account.grants == (wanted,)
        assert told(events) == [RoleChange.GRANTED]


@pytest.mark.parametrize("reason", ["", "  ", "x" * (MAX_REASON + 1), "\x00"])
def test_a_role_needs_a_reason(reason: str) -> None:
    with pytest.raises(Invalid):
        granting.grant(ADA, a_grant(Role.MODERATOR, 7, reason))
    if reason:  # also where nothing else would change
        with pytest.raises(Invalid):
            granting.set_roles(ADA, ADA.roles, ADMIN, reason, NOW)


def test_what_cannot_be_given_is_not() -> None:
    for wanted in (a_grant(Role.PLATFORM_OPERATOR), a_grant(Role.MODERATOR, 0)):
        with pytest.raises(Invalid):
            granting.grant(ADA, wanted)
    with pytest.raises(Invalid):
        granting.award(ADA, a_badge(0))


def test_her_only_role_cannot_be_taken() -> None:
    with pytest.raises(Invalid):
        granting.revoke(ADA, Role.MEMBER, ADMIN, NOW)
    account, _ = granting.grant(ADA, a_grant(Role.MODERATOR, 7))
    account, events = granting.revoke(account, Role.MODERATOR, ADMIN, NOW)
    assert (account.roles, account.grants, told(events)) == (
        roles(Role.MEMBER), (), [RoleChange.REVOKED],
    )  # fmt: skip


def test_a_mentor_needs_a_valid_badge() -> None:
    for untrained in (ADA, granting.award(ADA, replace(a_badge(), valid_until=NOW + DAY))[0]):
        late = replace(a_grant(Role.MENTOR), granted_at=NOW + 2 * DAY)
        with pytest.raises(BadgeNeeded):
            granting.grant(untrained, late)
        with pytest.raises(BadgeNeeded):
            granting.set_roles(untrained, frozenset({Role.MENTOR}), ADMIN, "", NOW + 2 * DAY)


def test_a_mentor_counts_as_one_while_role_and_badge_do() -> None:
    account, _ = granting.grant(trained(30), a_grant(Role.MENTOR, 60))
    assert account.held.in_force(NOW) == (roles(Role.MEMBER, Role.MENTOR), NOW + 30 * DAY)
    assert in_force(account, NOW + 30 * DAY) == {Role.MEMBER}
    renewed, _ = granting.award(account, a_badge(90))
    assert renewed.held.in_force(NOW + 30 * DAY) == (
        roles(Role.MEMBER, Role.MENTOR),
        NOW + 60 * DAY,
    )


def test_who_was_invited_as_a_mentor_is_a_member_until_she_is_trained() -> None:
    invited = a_member("bea", roles=[Role.MENTOR])[0]
    assert in_force(invited) == {Role.MEMBER}
    assert in_force(granting.award(invited, a_badge())[0]) == {Role.MENTOR}


def test_setting_all_roles_keeps_the_grants_of_those_that_stay() -> None:
    account, _ = granting.grant(ADA, a_grant(Role.MODERATOR, 7))
    wanted = frozenset({Role.MODERATOR, Role.CARE_TEAM})
    account, events = granting.set_roles(account, wanted, ADMIN, "", NOW)
    assert account.roles == wanted
    assert {one.role: one.reason for one in account.grants} == {
        Role.MODERATOR: "she asked", Role.CARE_TEAM: NO_REASON,
    }  # fmt: skip
    assert told(events) == [RoleChange.SET]
    assert granting.set_roles(account, wanted, ADMIN, "again", NOW) == (account, ())
    after, _ = granting.set_roles(account, wanted, ADMIN, "again", NOW + 8 * DAY)
    assert Role.MODERATOR in in_force(after, NOW + 8 * DAY), "what had ended begins anew"


ENDS = st.none() | st.integers(1, 20)


@given(
    st.dictionaries(st.sampled_from(Role), ENDS), st.none() | st.integers(1, 20),
    st.integers(0, 21), st.integers(0, 21),
)  # fmt: skip
def test_roles_in_force_stay_as_they_are_until_they_are_said_to(
    ends: dict[Role, int | None], trained: int | None, at: int, later: int
) -> None:
    grants = tuple(a_grant(role, days) for role, days in ends.items())
    badges = (a_badge(trained),) if trained else ()
    held = Held(frozenset(ends), grants, badges)
    counted, until = held.in_force(NOW + at * DAY)
    assert counted <= set(ends) | {Role.MEMBER}
    assert until is None or until > NOW + at * DAY
    then = NOW + later * DAY
    if later >= at and (until is None or then < until):
        assert held.in_force(then)[0] == counted
    for role in counted - {Role.MEMBER}:
        end = ends[role]
        assert end is None or at < end
    if Role.MENTOR in counted:
        assert trained is not None
        assert at < trained
