"""How many connections there may be: in all, of one address, and of our own proxies."""

from __future__ import annotations

import resource

import pytest
from gateway.adapters.descriptors import raise_descriptors
from gateway.application.connections import OTHER_FILES, Connections, Most, TooManyConnections
from gateway.config import Outside
from hypothesis import given
from hypothesis import strategies as st

PROXIED = Outside(proxies=("10.0.0.0/8", "::1/128"))
ADDRESSES = ("203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8::2", "10.1.2.3", "")


def test_one_address_has_an_end_and_keeps_nobody_else_out() -> None:
    connections = Connections(Most(10, 2), Outside().is_proxy)
    first = connections.open("203.0.113.1")
    connections.open("203.0.113.1")
    with pytest.raises(TooManyConnections, match="of this address"):
        connections.open("203.0.113.1")
    connections.open("203.0.113.2")
    connections.close(first)
    connections.open("203.0.113.1")
    assert len(connections) == 3


def test_an_ipv6_subscriber_is_one_however_many_addresses_she_has() -> None:
    connections = Connections(Most(10, 1), Outside().is_proxy)
    connections.open("2001:db8::1")
    with pytest.raises(TooManyConnections):
        connections.open("2001:db8::2")
    connections.open("2001:db8:0:1::1")


def test_a_proxy_of_ours_brings_as_many_as_there_may_be_in_all() -> None:
    connections = Connections(Most(3, 1), PROXIED.is_proxy)
    for _ in range(3):
        connections.open("10.1.2.3")
    with pytest.raises(TooManyConnections, match="try again"):
        connections.open("10.1.2.3")


def test_what_is_no_address_is_no_proxy() -> None:
    assert PROXIED.is_proxy("::1")
    assert PROXIED.is_proxy("::ffff:10.0.0.1")  # as a socket for both kinds of address names it
    assert not PROXIED.is_proxy("")
    assert not PROXIED.is_proxy("10.0.0")


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.booleans()), max_size=60))
def test_whatever_comes_and_goes_the_count_is_what_is_open(moves: list[tuple[str, bool]]) -> None:
    connections = Connections(Most(8, 3), PROXIED.is_proxy)
    held: dict[str, list[str]] = {}
    for address, comes in moves:
        mine = held.setdefault(address, [])
        if comes:
            try:
                mine.append(connections.open(address))
            except TooManyConnections:
                assert len(connections) == 8 or len(mine) + _beside(held, address) == 3
        elif mine:
            connections.close(mine.pop())
        assert len(connections) == sum(map(len, held.values())) <= 8
    for owners in held.values():
        for owner in owners:
            connections.close(owner)
    assert len(connections) == 0


def _beside(held: dict[str, list[str]], address: str) -> int:
    """What the other address of the same subscriber holds."""
    return sum(
        len(owners) for other, owners in held.items()
        if other != address and ":" in other and ":" in address
    )  # fmt: skip


def test_files_are_left_for_everything_else() -> None:
    assert Most(20_000, 2_000).within(1_000) == Most(1_000 - OTHER_FILES, 1_000 - OTHER_FILES)
    assert Most(20_000, 2_000).within(65_536) == Most(20_000, 2_000)
    assert Most(20_000, 2_000).within(10) == Most(1, 1)


def test_the_process_takes_the_files_it_may_have() -> None:
    allowed = raise_descriptors()
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert now >= allowed or now == resource.RLIM_INFINITY
    assert raise_descriptors() == allowed
