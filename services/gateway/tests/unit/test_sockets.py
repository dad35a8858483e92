"""Who looks on, and what waits for her."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Caller
from gateway.application.sockets import (
    QUEUE_FRAMES,
    SOCKETS_PER_MEMBER,
    Over,
    Socket,
    Sockets,
    TooManySockets,
)

from services.gateway.tests.tokens import ADA, BEN, NETWORK

ELSEWHERE = UUID(int=5)


def caller(member: UUID = ADA, *, until: float = 1.0) -> Caller:
    return Caller(member, NETWORK, frozenset(), f"until {until:g}", until)


def waiting(socket: Socket) -> list[str]:
    return [socket.frames.get_nowait() for _ in range(socket.frames.qsize())]


def test_a_frame_goes_to_every_socket_of_the_member_and_to_nobody_else() -> None:
    sockets = Sockets()
    first, second, other = (sockets.open(caller(who)) for who in (ADA, ADA, BEN))
    sockets.offer(NETWORK, ADA, "a")
    sockets.offer(NETWORK, ADA, "b")
    assert waiting(first) == waiting(second) == ["a", "b"]
    assert waiting(other) == []


def test_the_same_member_id_in_another_network_is_somebody_else() -> None:
    sockets = Sockets()
    socket = sockets.open(caller())
    sockets.offer(ELSEWHERE, ADA, "a")
    assert waiting(socket) == []
    assert sockets.present(ELSEWHERE, [ADA]) == []
    assert sockets.token(ELSEWHERE, ADA) is None


def test_who_is_present_is_named_once() -> None:
    sockets = Sockets()
    sockets.open(caller())
    assert sockets.present(NETWORK, [BEN, ADA, ADA]) == [ADA]


def test_who_has_closed_her_last_socket_is_not_present() -> None:
    sockets = Sockets()
    first, second = sockets.open(caller()), sockets.open(caller())
    sockets.close(first)
    assert sockets.present(NETWORK, [ADA]) == [ADA]
    sockets.close(second)
    assert sockets.present(NETWORK, [ADA]) == []


def test_the_token_that_lasts_longest_is_used() -> None:
    sockets = Sockets()
    for until in (1.0, 3.0, 2.0):
        sockets.open(caller(until=until))
    assert sockets.token(NETWORK, ADA) == "until 3"


def test_a_full_queue_takes_no_more_and_says_so() -> None:
    sockets = Sockets()
    slow, quick = sockets.open(caller()), sockets.open(caller())
    for number in range(QUEUE_FRAMES):
        sockets.offer(NETWORK, ADA, str(number))
    assert not slow.over.is_set()
    assert len(waiting(quick)) == QUEUE_FRAMES
    sockets.offer(NETWORK, ADA, "one more")
    assert slow.why is Over.TOO_SLOW
    assert slow.over.is_set()
    assert waiting(quick) == ["one more"]
    assert waiting(slow)[-1] == str(QUEUE_FRAMES - 1)
    sockets.offer(NETWORK, ADA, "later")
    assert waiting(slow) == []  # nothing after a gap


def test_a_member_has_only_so_many_sockets() -> None:
    sockets = Sockets()
    opened = [sockets.open(caller()) for _ in range(SOCKETS_PER_MEMBER)]
    with pytest.raises(TooManySockets):
        sockets.open(caller())
    sockets.open(caller(BEN))
    sockets.close(opened[0])
    sockets.open(caller())


def test_who_is_signed_out_is_let_go_and_nobody_else() -> None:
    sockets = Sockets()
    hers, other, bens = (
        sockets.open(one) for one in (caller(until=1.0), caller(until=2.0), caller(BEN))
    )
    sockets.end(NETWORK, ADA, lambda one: one.token == "until 1")
    sockets.end(NETWORK, ADA, lambda one: one.token == "until 1")
    assert hers.why is Over.SIGNED_OUT
    sockets.offer(NETWORK, ADA, "a frame")
    assert (waiting(hers), waiting(other)) == ([], ["a frame"])
    sockets.end(NETWORK, BEN, lambda one: False)
    assert bens.why is None
