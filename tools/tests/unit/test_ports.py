"""A port in use is named together with what wanted it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from kith_cli.errors import Stop
from kith_cli.local.ports import LOOPBACK, find_free, is_free, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((LOOPBACK, find_free(1)[0])) as server:
        yield server.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_complaint_names_the_port_and_its_purpose(taken: int) -> None:
    (free,) = find_free(1)
    with pytest.raises(Stop, match=rf"{taken} \(Kafka\).*KITH_PORT") as refusal:
        require_free({"Kafka": taken, "the database": free})
    assert str(free) not in str(refusal.value)


def test_free_ports_are_distinct() -> None:
    assert len(set(find_free(10))) == 10
