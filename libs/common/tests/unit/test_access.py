"""May this call be made: asked at the door, decided with facts, told in the service's words."""

from __future__ import annotations

import pytest
from common.auth import Access, Caller, access, admit
from common.errors import Forbidden, NotFound, Precondition, Unauthenticated

from libs.common.tests.keys import NETWORK, SUBJECT

CALLER = Caller(SUBJECT, NETWORK, frozenset({"member"}), "token", 0.0)
METHOD = "/things.v1.ThingService/Do"


def authorize(caller: Caller | None, method: str, facts: object) -> bool:
    """Decides by facts alone; each but "fine" is the refusal itself."""
    if isinstance(facts, Exception):
        raise facts
    return facts == "fine"


class ThingNotFound(NotFound):
    reason = "THING_NOT_FOUND"


def test_what_is_open_at_the_door_is_settled_by_facts() -> None:
    asked = Access(authorize, CALLER, METHOD)
    before = asked.settled
    asked.require("fine")
    assert (before, asked.settled) == (False, True)
    assert asked.caller is CALLER


def test_a_refusal_is_told_in_the_words_of_its_kind() -> None:
    asked = Access(authorize, CALLER, METHOD)
    own = (Precondition("join first"), ThingNotFound("no such thing of yours"))
    with pytest.raises(ThingNotFound) as caught:
        asked.require(NotFound("hidden"), *own)
    assert caught.value is own[1]
    with pytest.raises(Forbidden, match="no"):
        asked.require(Forbidden("no"), *own)
    assert not asked.settled


def test_who_was_let_in_at_the_door_may_still_be_refused() -> None:
    asked = Access(lambda _caller, _method, facts: facts is None or facts == "fine", CALLER, METHOD)
    assert asked.settled
    asked.require("anything")
    assert not asked.settled


def test_a_door_that_is_shut_opens_for_no_facts() -> None:
    def never(caller: Caller | None, method: str, facts: object) -> bool:
        raise Forbidden(f"{method} is for nobody")

    with pytest.raises(Forbidden, match=METHOD):
        admit(never, CALLER, METHOD)
    with pytest.raises(Unauthenticated):
        access()


def test_nobody_has_no_account() -> None:
    with pytest.raises(Unauthenticated):
        _ = Access(lambda *_: True, None, METHOD).caller
