"""What the decision function promises, whoever acts on whatever."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy import NOBODY, NOTHING, Actor, Answer, Facts, decide
from policy.describe import ROLES
from policy.table import PUBLIC, TABLE

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
ADA, BEN = UUID(int=10), UUID(int=11)
PEOPLE = st.sampled_from([ADA, BEN, None])

actions = st.sampled_from(sorted(TABLE))
actors = st.builds(
    Actor, st.just(ADA), st.just(HERE), st.frozensets(st.sampled_from([*ROLES, "made_up"]))
)
about = st.builds(
    Facts, st.sampled_from([HERE, ELSEWHERE, None]), PEOPLE,
    st.lists(st.sampled_from([ADA, BEN])).map(tuple),
)  # fmt: skip


@given(actors, actions, about)
def test_another_networks_thing_is_like_one_that_does_not_exist(
    actor: Actor, action: str, facts: Facts
) -> None:
    elsewhere = decide(actor, action, facts._replace(network_id=ELSEWHERE))
    assert elsewhere == decide(actor, action, facts._replace(network_id=None))
    if TABLE[action] is not PUBLIC and not elsewhere.everywhere:
        assert elsewhere.answer in {Answer.HIDE, Answer.FORBID}
        assert elsewhere.answer is Answer.HIDE or elsewhere.needed, "told why it is forbidden"


def test_only_who_runs_the_platform_acts_elsewhere_and_only_to_hold() -> None:
    """Each of these answers with nothing (test_holds.py of identity)."""
    there = Facts(ELSEWHERE, BEN)
    found = {
        (role, action.rpartition("/")[2])
        for action, rule in TABLE.items()
        for role in ROLES
        if rule is not PUBLIC and decide(Actor(ADA, HERE, frozenset({role})), action, there).allowed
    }
    assert found == {("platform_operator", "PlaceHold"), ("platform_operator", "LiftHold")}


@given(actors, actions, about)
def test_with_facts_it_is_decided_and_agrees_with_the_door(
    actor: Actor, action: str, facts: Facts
) -> None:
    door, inside = decide(actor, action), decide(actor, action, facts)
    assert inside.answer is not Answer.LATER
    if door.answer is Answer.FORBID:
        assert inside == door
    if door.allowed:
        assert inside.answer in {Answer.ALLOW, Answer.HIDE}
        assert inside.allowed or facts.network_id != HERE


@given(actors, actions, about, st.sampled_from([*ROLES, "made_up"]))
def test_one_more_role_never_takes_anything_away(
    actor: Actor, action: str, facts: Facts, role: str
) -> None:
    more = actor._replace(roles=actor.roles | {role})
    for known in (None, facts):
        if decide(actor, action, known).allowed:
            assert decide(more, action, known).allowed


@given(actors, actions)
def test_what_facts_do_not_say_counts_against_the_actor(actor: Actor, action: str) -> None:
    if not decide(actor, action).allowed:
        assert not decide(actor, action, Facts(HERE)).allowed
        assert not decide(actor, action, NOTHING).allowed


@given(actions, about)
def test_nobody_does_only_what_is_public(action: str, facts: Facts) -> None:
    expected = Answer.ALLOW if TABLE[action] is PUBLIC else Answer.SIGN_IN
    assert decide(NOBODY, action).answer is expected
    assert decide(NOBODY, action, facts).answer is expected


@given(actors, st.text())
def test_what_has_no_rule_nobody_may_do(actor: Actor, name: str) -> None:
    for action in (name, f"/kith.identity.v1.AccountService/{name}x"):
        assert not decide(actor, action).allowed
        assert not decide(NOBODY, action).allowed
        assert not decide(actor, action, Facts(HERE, ADA, (ADA,))).allowed


@given(actors, actions, about)
def test_every_decision_names_rule_and_reason(actor: Actor, action: str, facts: Facts) -> None:
    for decision in (decide(actor, action), decide(actor, action, facts)):
        assert decision.reason
        assert decision.rule


GET_ACCOUNT = "/kith.identity.v1.AccountService/GetAccount"
GET_SIGNAL = "/kith.signals.v1.SignalService/GetMemberSignal"
SEND = "/kith.messaging.v1.MessageService/SendMessage"
POST = "/kith.community.v1.PostService/CreatePost"
MARK = "/kith.programs.v1.EnrollmentService/MarkStepDone"
INVITE = "/kith.identity.v1.InviteService/CreateInvite"
TALK = Facts(HERE, member_ids=(ADA, BEN))


@pytest.mark.parametrize(
    "role, action, facts, answer, reason",
    [
        ("member", INVITE, None, Answer.FORBID, "needs network_admin"),
        ("network_admin", INVITE, None, Answer.ALLOW, "is network_admin"),
        ("member", GET_ACCOUNT, None, Answer.LATER, "depends on whose it is"),
        ("member", GET_ACCOUNT, Facts(HERE, ADA), Answer.ALLOW, "it is her own"),
        ("member", GET_ACCOUNT, Facts(HERE, BEN), Answer.FORBID,
         "not her own, and needs care_team or moderator or network_admin"),
        ("moderator", GET_ACCOUNT, Facts(HERE, BEN), Answer.ALLOW,
         "is care_team or moderator or network_admin"),
        ("moderator", GET_SIGNAL, Facts(HERE, BEN), Answer.FORBID,
         "not her own, and needs care_team or network_admin"),
        ("care_team", GET_SIGNAL, NOTHING, Answer.HIDE, "no such thing in the actor's network"),
        ("member", SEND, TALK, Answer.ALLOW, "takes part"),
        ("member", SEND, TALK._replace(network_id=ELSEWHERE), Answer.HIDE,
         "no such thing in the actor's network"),
        ("network_admin", SEND, Facts(HERE, member_ids=(BEN,)), Answer.HIDE, "only who takes part"),
        ("sponsor_analyst", SEND, TALK, Answer.FORBID, "needs who lives in the network"),
        ("member", POST, Facts(HERE), Answer.JOIN, "only who takes part"),
        ("member", POST, NOTHING, Answer.HIDE, "no such thing in the actor's network"),
        ("member", MARK, Facts(HERE, BEN), Answer.HIDE, "only whose it is"),
        ("network_admin", MARK, Facts(HERE, BEN), Answer.HIDE, "only whose it is"),
    ],
)  # fmt: skip
def test_decisions_a_reader_can_check(
    role: str, action: str, facts: Facts | None, answer: Answer, reason: str
) -> None:
    decision = decide(Actor(ADA, HERE, frozenset({role})), action, facts)
    assert (decision.answer, decision.reason) == (answer, reason)
