"""Who owes a decision is asked for it first, and is never locked in."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import Kind
from hypothesis import given
from hypothesis import strategies as st
from policy import NOTHING, Actor, Answer, Facts, decide
from policy.authorize import ConsentRequired, authorize
from policy.consent import FOR_HERSELF, OWN_SIGNALS, SERVICE, SIGNALS, WITHOUT
from policy.describe import ROLES
from policy.table import PUBLIC, TABLE

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
ADA, BEN = UUID(int=10), UUID(int=11)

actions = st.sampled_from(sorted(TABLE))
roles = st.frozensets(st.sampled_from(ROLES))
about = st.builds(
    Facts, st.sampled_from([HERE, ELSEWHERE, None]), st.sampled_from([ADA, BEN, None]),
    st.lists(st.sampled_from([ADA, BEN])).map(tuple),
)  # fmt: skip
known = st.none() | about


def actor(held: frozenset[str], *owes: tuple[str, int]) -> Actor:
    return Actor(ADA, HERE, held, owes=owes)


@given(roles, actions, known)
def test_who_owes_service_is_let_in_nowhere_but_to_what_is_her_own(
    held: frozenset[str], action: str, facts: Facts | None
) -> None:
    free, owing = (
        decide(actor(held), action, facts),
        decide(actor(held, (SERVICE, 3)), action, facts),
    )
    if TABLE[action] is PUBLIC or action in WITHOUT:
        assert owing == free
    elif action in FOR_HERSELF:
        if owing.allowed:
            assert facts
            assert (facts.network_id, facts.owner_id) == (HERE, ADA)
    else:
        assert (owing.answer, owing.owed) == (Answer.CONSENT, (SERVICE, 3))


@given(roles, known)
def test_nobody_is_locked_in(held: frozenset[str], facts: Facts | None) -> None:
    """She reads texts and decides, sees and ends sessions, and leaves: whatever she owes."""
    owing = actor(held, (SERVICE, 2), (SIGNALS, 2))
    for action in WITHOUT:
        assert decide(owing, action).allowed
    for action in FOR_HERSELF:
        assert decide(owing, action).answer is Answer.LATER
        assert decide(owing, action, Facts(HERE, owner_id=ADA)).allowed
    v1 = "/kith.identity.v1."
    for public in ("ConsentRecordService/ListConsentTexts", "DeviceService/RefreshSession",
                   "SessionService/CreateSession"):  # fmt: skip
        assert decide(owing, v1 + public, facts).allowed


@given(roles, actions, known)
def test_owing_never_opens_a_door(held: frozenset[str], action: str, facts: Facts | None) -> None:
    for owes in (((SERVICE, 1),), ((SIGNALS, 1),), ((SERVICE, 1), (SIGNALS, 1))):
        if decide(actor(held, *owes), action, facts).allowed:
            assert decide(actor(held), action, facts).allowed


@given(roles, actions, about)
def test_where_she_owes_it_does_not_matter_where_a_thing_is(
    held: frozenset[str], action: str, facts: Facts
) -> None:
    owing = actor(held, (SERVICE, 2), (SIGNALS, 2))
    assert decide(owing, action, facts._replace(network_id=ELSEWHERE)) == decide(
        owing, action, facts._replace(network_id=None)
    )
    door, inside = decide(owing, action), decide(owing, action, facts)
    assert inside.answer is not Answer.LATER
    if door.answer is Answer.CONSENT:
        assert inside == door


@given(roles, actions, known)
def test_signals_are_owed_for_her_own_signals_alone(
    held: frozenset[str], action: str, facts: Facts | None
) -> None:
    free = decide(actor(held), action, facts)
    owing = decide(actor(held, (SIGNALS, 2)), action, facts)
    if action not in OWN_SIGNALS:
        assert owing == free
    elif facts is None:
        assert owing.answer is Answer.LATER
    elif facts.owner_id == ADA:
        assert (owing.answer, owing.owed) == (Answer.CONSENT, (SIGNALS, 2))
    else:
        assert owing == free


@given(actions, known)
def test_an_unknown_purpose_blocks_nothing(action: str, facts: Facts | None) -> None:
    held = frozenset({"member"})
    assert decide(actor(held, ("research", 2)), action, facts) == decide(actor(held), action, facts)


def test_what_needs_no_consent_is_in_the_table() -> None:
    assert TABLE.keys() >= WITHOUT | FOR_HERSELF | OWN_SIGNALS
    assert not WITHOUT & FOR_HERSELF


@pytest.mark.parametrize("facts", [None, NOTHING, Facts(HERE, member_ids=(ADA,))])
def test_the_refusal_says_which_text_to_show(facts: Facts | None) -> None:
    caller = Caller(ADA, HERE, frozenset({"member"}), "", 0.0, owes=((SERVICE, 4),))
    with pytest.raises(ConsentRequired) as refused:
        authorize(caller, "/kith.messaging.v1.MessageService/SendMessage", facts)
    assert refused.value.kind is Kind.PRECONDITION
    assert refused.value.reason == "CONSENT_REQUIRED"
    assert refused.value.metadata == {"purpose": "service", "version": "4"}
