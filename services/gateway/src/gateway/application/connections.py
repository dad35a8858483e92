"""How many connections are open, in all and of one address: what is full refuses the next.

Each open connection costs memory and one of the process's file descriptors, and who says nothing
costs as much as who asks; without an end to it one client could keep everybody else out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.errors import Limited

from gateway.application.limits import owner_of

OTHER_FILES = 500  # what a process has open besides: broker, database, services, logs


@dataclass(frozen=True, slots=True)
class Most:
    """How many connections may be open at once, of one process and of one address."""

    in_all: int = 20_000
    of_one: int = 2_000

    def within(self, descriptors: int) -> Most:
        """No more than so many files of the process leave room for: when those run out, a
        connection cannot even be refused, and neither database nor broker can be called."""
        in_all = max(1, min(self.in_all, descriptors - OTHER_FILES))
        return Most(in_all, min(self.of_one, in_all))

    @classmethod
    def parse(cls, text: str) -> Most:
        """Read `in all/of one address`, as in `20000/2000`. Raises ValueError."""
        in_all, _, of_one = text.partition("/")
        if not (_is_number(in_all) and _is_number(of_one) and 0 < int(of_one) <= int(in_all)):
            raise ValueError("must be connections in all/of one address, as in 20000/2000")
        return cls(int(in_all), int(of_one))


class TooManyConnections(Limited):
    """As many are open as may be."""

    reason = "TOO_MANY_CONNECTIONS"


class Connections:
    """The open connections of this process, counted by who is behind their address."""

    def __init__(self, most: Most, is_proxy: Callable[[str], bool]) -> None:
        """A proxy of our own brings everybody from one address: it has no limit but that of all."""
        self._most = most
        self._is_proxy = is_proxy
        self._of: dict[str, int] = {}
        self._in_all = 0

    def __len__(self) -> int:
        """How many are open."""
        return self._in_all

    def open(self, address: str) -> str:
        """Count one more of this address; who it is counted for, to be given back to `close`.

        Raises TooManyConnections, and has not counted it then.
        """
        owner = owner_of(address)
        mine = self._of.get(owner, 0)
        if self._in_all >= self._most.in_all:
            raise TooManyConnections("too many connections are open; try again")
        if mine >= self._most.of_one and not self._is_proxy(address):
            raise TooManyConnections("too many connections of this address are open")
        self._of[owner] = mine + 1
        self._in_all += 1
        return owner

    def close(self, owner: str) -> None:
        """One of them is not open any more."""
        self._in_all -= 1
        self._of[owner] -= 1
        if not self._of[owner]:
            del self._of[owner]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7
