"""Who asks, and who is blocked, cannot tell what the other does on her own side: it is the same to
the letter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from common.errors import DomainError
from hypothesis import given
from hypothesis import strategies as st
from messaging.application import sides
from messaging.application.blocking import block, unblock
from messaging.application.conversation_pages import talks
from messaging.application.queries import messages_after
from messaging.application.tails import Tails
from messaging.application.withholding import Withheld
from messaging.domain.contact import DEFAULT, WhoMayWrite
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    HOUR,
    NOW,
    a_draft,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork
from services.messaging.tests.fakes import a_network as a_network_with
from services.messaging.tests.unit.test_asking import TALK, opened

# What Ben may do by himself, of which Ada is told nothing; and what Ada does and looks at.
Quiet = Callable[[FakeNetwork], Any]
QUIET: dict[str, Quiet] = {
    "block": lambda network: block(network, caller=BEN, blocked=ADA, at=NOW),
    "unblock": lambda network: unblock(network, caller=BEN, blocked=ADA, at=NOW + HOUR),
    "decline": lambda network: sides.decline(network, access_of(BEN), TALK, NOW),
    "mute": lambda network: sides.mute(network, access_of(BEN), TALK, NOW + HOUR, NOW),
    "unmute": lambda network: sides.unmute(network, access_of(BEN), TALK, NOW),
    "leave": lambda network: sides.leave(network, access_of(BEN), TALK, NOW),
    "nobody": lambda network: network.sides.rules.set(BEN, WhoMayWrite.NOBODY, NOW),
    "connections": lambda network: network.sides.rules.set(BEN, WhoMayWrite.CONNECTIONS, NOW),
    "read": lambda network: messages_after(network, TALK, access_of(BEN), 0, 9),
}
HERS = ["open", "write", "again", "leave", "list", "read"]


async def hers(network: FakeNetwork, step: str) -> object:
    """One step of Ada's, and everything she is told by it."""
    if step == "open":
        return await opened(network)
    if step in ("write", "again"):
        draft = a_draft(ADA, client_id="again" if step == "again" else "")
        sent = await send(network, Tails(), conversation_id=TALK, draft=draft)
        return _told(sent)
    if step == "leave":
        await sides.leave(network, access_of(ADA), TALK, NOW)
        return None
    if step == "list":
        page = await talks(network, ADA, None, 9, NOW)
        return [(one.state, one.last_sequence, one.mute) for one in page.shown]
    found, more = await messages_after(network, TALK, access_of(ADA), 0, 9)
    return [_told(one) for one in found], more


def _told(message: Message | Withheld) -> Message | Withheld:
    """As it is told, without what differs in each story."""
    if isinstance(message, Withheld):
        return message
    return replace(message, id=TALK, client_message_id="")


async def story(
    steps: Sequence[str], quiet: Sequence[str | None], rule: WhoMayWrite = DEFAULT
) -> list[object]:
    """What Ada is told, step by step, while Ben does this in between."""
    network, told = a_network_with(ADA, BEN, rule=rule), list[object]()
    for step, meanwhile in zip(steps, quiet, strict=True):
        if meanwhile is not None:
            try:
                await QUIET[meanwhile](network)
            except DomainError:
                pass  # there is nothing yet to decline, mute or leave
        try:
            told.append(await hers(network, step))
        except DomainError as error:
            told.append((error.reason, error.message, error.metadata))
    return told


@given(st.lists(st.tuples(st.sampled_from(HERS), st.none() | st.sampled_from(sorted(QUIET))),
                max_size=12))  # fmt: skip
def test_who_asks_cannot_tell_a_no_from_silence(steps: list[tuple[str, str | None]]) -> None:
    """Whatever Ben does on his own side, Ada is told to the letter what she is told when he does
    nothing at all: in what she opens, writes, lists and reads, and in every refusal."""
    begun = [("open", None), *steps]
    hers, quiet = [step for step, _ in begun], [meanwhile for _, meanwhile in begun]
    silence: list[str | None] = [None] * len(hers)
    assert asyncio.run(story(hers, quiet)) == asyncio.run(story(hers, silence))


@given(st.lists(st.tuples(st.sampled_from(HERS),
                          st.none() | st.sampled_from(["block", "unblock", "mute", "leave"])),
                max_size=12))  # fmt: skip
def test_who_may_write_directly_cannot_tell_that_she_is_blocked(
    steps: list[tuple[str, str | None]],
) -> None:
    hers, quiet = [step for step, _ in steps], [meanwhile for _, meanwhile in steps]
    silence: list[str | None] = [None] * len(hers)
    told = asyncio.run(story(hers, quiet, WhoMayWrite.NETWORK))
    assert told == asyncio.run(story(hers, silence, WhoMayWrite.NETWORK))


LONG = [
    "open",
    "write",
    "again",
    "write",
    "list",
    "write",
    "again",
    "read",
    "open",
    "write",
    "list",
]


@pytest.mark.parametrize("rule", [WhoMayWrite.CIRCLES, WhoMayWrite.CONNECTIONS])
@pytest.mark.parametrize("quiet", sorted(QUIET))
async def test_a_whole_request_is_the_same_whatever_the_other_does_and_when(
    quiet: str, rule: WhoMayWrite
) -> None:
    """The property above for one long story, which goes beyond what a request holds."""
    silence: list[str | None] = [None] * len(LONG)
    expected = await story(LONG, silence, rule)
    for place in range(1, len(LONG)):
        once = [*silence[:place], quiet, *silence[place + 1 :]]
        assert await story(LONG, once, rule) == expected
