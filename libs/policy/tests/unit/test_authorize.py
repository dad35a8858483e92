"""How decisions become refusals of the chassis."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Access, Caller
from common.errors import DomainError, Kind
from policy import Facts
from policy.authorize import authorize, shown

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


SIGNAL = "/kith.signals.v1.SignalService/GetMemberSignal"
SIGN_OUT = "/kith.identity.v1.DeviceService/DeleteSessions"
LIST = "/kith.signals.v1.SignalService/ListMemberSignals"


def test_shown_are_those_whose_data_somebody_else_sees() -> None:
    ben = Access(authorize, a_caller("care_team"), SIGNAL)
    ben.require(Facts(HERE, owner_id=BEN))
    assert shown(ben) == (BEN,)
    own = Access(authorize, a_caller("care_team"), SIGNAL)
    own.require(Facts(HERE, owner_id=ADA))
    assert shown(own) == ()
    many = Access(authorize, a_caller("care_team"), LIST)
    many.lists([ADA, BEN, BEN])
    assert shown(many) == (BEN,)


def test_who_is_signed_out_by_an_admin_is_not_shown_to_her() -> None:
    ended = Access(authorize, a_caller("network_admin"), SIGN_OUT)
    ended.require(Facts(HERE, owner_id=BEN))
    assert shown(ended) == ()


def test_who_takes_part_is_shown_nothing_of_others() -> None:
    talk = Access(authorize, a_caller(), SEND)
    talk.require(Facts(HERE, owner_id=BEN, member_ids=(ADA, BEN)))
    assert shown(talk) == ()
