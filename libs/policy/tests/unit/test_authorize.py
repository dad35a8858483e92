"""How decisions become refusals of the chassis."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import DomainError, Kind
from policy import Facts
from policy.authorize import authorize

HERE, ADA, BEN = UUID(int=1), UUID(int=10), UUID(int=11)
POST = "/kith.community.v1.PostService/CreatePost"
SEND = "/kith.messaging.v1.MessageService/SendMessage"
GET_KEYS = "/kith.identity.v1.SessionService/GetJwks"
INVITE = "/kith.identity.v1.InviteService/CreateInvite"


def a_caller(role: str = "member") -> Caller:
    return Caller(ADA, HERE, frozenset({role}), "", 0.0)


def test_it_says_whether_it_is_decided() -> None:
    assert authorize(None, GET_KEYS)
    assert authorize(a_caller("network_admin"), INVITE)
    assert not authorize(a_caller(), SEND)
    assert authorize(a_caller(), SEND, Facts(HERE, member_ids=(ADA, BEN)))


@pytest.mark.parametrize(
    "caller, action, facts, kind, metadata",
    [
        (None, SEND, None, Kind.UNAUTHENTICATED, {}),
        (a_caller(), INVITE, None, Kind.FORBIDDEN, {"needed": "network_admin"}),
        (a_caller("network_admin"), "/kith.identity.v1.InviteService/Undo", None,
         Kind.FORBIDDEN, {}),
        (a_caller(), SEND, Facts(HERE, member_ids=(BEN,)), Kind.NOT_FOUND, {}),
        (a_caller(), POST, Facts(HERE), Kind.PRECONDITION, {}),
    ],
)  # fmt: skip
def test_who_may_not_is_refused_by_kind(
    caller: Caller | None, action: str, facts: Facts | None, kind: Kind, metadata: dict[str, str]
) -> None:
    with pytest.raises(DomainError) as caught:
        authorize(caller, action, facts)
    assert (caught.value.kind, caught.value.metadata) == (kind, metadata)
