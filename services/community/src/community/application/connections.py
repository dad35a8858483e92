"""Asking, agreeing and letting go: load, one step, one write, whatever is asked at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from common.errors import ConcurrentUpdate, Limited

from community.application.ports import Network, Taken
from community.domain.connection import Connection, State, View, connection_id, first_request
from community.domain.errors import ConnectionNotRequested, ConnectionsFull, MemberNotFound

TRIES = 8
MAX_CONNECTIONS = 1_000
MAX_ASKED = 20
A_DAY = timedelta(days=1)


async def request_connection(
    network: Network, member_id: UUID, other_id: UUID, at: datetime
) -> Connection:
    """What there is once she has asked; if the other had, they are connected.

    The other is looked at again after the write: erasing her lets go of whom she is known as before
    it lets go of what was written, so either that finds it or this finds her gone. Of the asker
    herself nothing is under way by then (`settle` in identity's Advance). Raises Invalid,
    MemberNotFound, ConnectionAskLater, ConnectionsFull, Limited, ConcurrentUpdate.
    """

    unknown = MemberNotFound("no such member in your network", field="member_id")

    def ask(before: Connection | None) -> Connection:
        return before.ask(member_id, at) if before else first_request(member_id, other_id, at)

    id = connection_id(member_id, other_id)
    if not await network.members.known(other_id):
        raise unknown
    asked = await _change(network, id, member_id, ask, at)
    if not await network.members.known(other_id):
        await network.connections.remove(id)
        raise unknown
    return asked


async def accept_connection(
    network: Network, member_id: UUID, other_id: UUID, at: datetime
) -> Connection:
    """The connection. Raises Invalid, ConnectionNotRequested, ConnectionsFull, ConcurrentUpdate."""
    refused = ConnectionNotRequested("she has not asked you, or took it back", field="member_id")

    def accept(before: Connection | None) -> Connection:
        after = before.accept(member_id, at) if before else None
        if after is None:
            raise refused
        return after

    id = connection_id(member_id, other_id)
    if not await network.members.known(other_id):
        raise refused
    return await _change(network, id, member_id, accept, at)


async def delete_connection(
    network: Network, member_id: UUID, other_id: UUID, at: datetime
) -> None:
    """Let there be nothing between them. Raises Invalid, ConcurrentUpdate."""
    id = connection_id(member_id, other_id)
    for _ in range(TRIES):
        before = await network.connections.get(id)
        if before is None or (after := before.let_go(member_id, at)) is before:
            return None
        try:
            return await network.connections.save(before, after)
        except Taken:
            continue
    raise _busy()


async def list_connections(
    network: Network, member_id: UUID, view: View, after: UUID | None, size: int
) -> tuple[Sequence[Connection], UUID | None]:
    """Those that she sees so after an id, and after which id there are more.

    What somebody asked whom she blocks is left out here and nowhere else: it is stored and answered
    as any other request, so whoever is blocked is told nothing, whatever she tries.
    """
    found = await network.connections.page(member_id, view, after, size + 1)
    page = found[:size]
    rest = page[-1].id if len(found) > size else None
    if view is View.RECEIVED:
        askers = [one.other(member_id) for one in page]
        hidden = await network.blocks.blocked_by(member_id, askers)
        page = [one for one in page if one.other(member_id) not in hidden]
    return page, rest


async def _change(
    network: Network, id: UUID, member_id: UUID,
    step: Callable[[Connection | None], Connection], at: datetime,
) -> Connection:  # fmt: skip
    for _ in range(TRIES):
        before = await network.connections.get(id)
        after = step(before)
        if after is before:
            return after
        await _check_room(network, member_id, before, after, at)
        try:
            await network.connections.save(before, after)
        except Taken:
            continue
        return after
    raise _busy()


async def _check_room(
    network: Network, member_id: UUID, before: Connection | None, after: Connection, at: datetime
) -> None:
    """Raise unless there is room for what is about to be. Many at once may exceed it by as many.

    Asking again what to the asker is asked already is not counted, also when it changes something.
    """
    if after.state is State.CONNECTED:
        for one in after.member_ids:
            if await network.connections.count(one, View.CONNECTED) >= MAX_CONNECTIONS:
                raise ConnectionsFull(
                    f"one of you has {MAX_CONNECTIONS} connections", limit=str(MAX_CONNECTIONS)
                )
    elif before is None or after.asked_at != before.asked_at:
        asked = await network.connections.asked_since(member_id, at - A_DAY, MAX_ASKED)
        if len(asked) == MAX_ASKED:
            wait = ceil((asked[-1] + A_DAY - at).total_seconds())
            raise Limited(
                f"you asked {MAX_ASKED} members within a day; ask more in {wait} s",
                limit=str(MAX_ASKED), retry_after_seconds=str(wait),
            )  # fmt: skip


def _busy() -> ConcurrentUpdate:
    return ConcurrentUpdate("both of you change this at once; try again")
