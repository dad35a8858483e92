"""Who invites is told a yes and nothing else: whatever else the invited does, it is the same to the
letter in everything a host is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from common.errors import DomainError
from hypothesis import given
from hypothesis import strategies as st
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.application import host_group, sides, taking_part
from messaging.application.blocking import block, unblock
from messaging.application.conversation_pages import requests, talks
from messaging.application.create_group import NewGroup, create_group
from messaging.application.invitations import seen_by
from messaging.application.queries import messages_after
from messaging.application.shown import shown_to
from messaging.domain.contact import WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.entrypoints.conversations_told import told

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    NETWORK,
    NOW,
    a_draft,
    a_writing,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network
from services.messaging.tests.unit.test_not_told import _told as alike

GROUP = Conversation.group(NETWORK, ADA, "told", NOW).id
Quiet = Callable[[FakeNetwork], Any]
QUIET: dict[str, Quiet] = {
    "block": lambda network: block(network, caller=BEN, blocked=ADA, at=NOW),
    "unblock": lambda network: unblock(network, caller=BEN, blocked=ADA, at=NOW + HOUR),
    "decline": lambda network: taking_part.decline(a_writing(network), access_of(BEN), GROUP, NOW),
    "leave": lambda network: taking_part.leave(a_writing(network), access_of(BEN), GROUP, NOW),
    "mute": lambda network: sides.mute(network, access_of(BEN), GROUP, None, NOW),
    "nobody": lambda network: network.sides.rules.set(BEN, WhoMayWrite.NOBODY, NOW),
    "network": lambda network: network.sides.rules.set(BEN, WhoMayWrite.NETWORK, NOW),
    "look": lambda network: seen_by(network, GROUP, access_of(BEN)),
    "list": lambda network: requests(network, BEN, None, 9, NOW),
}
HERS = ["open", "invite", "invite both", "withdraw", "host", "get", "list", "send", "page"]


async def _hers(network: FakeNetwork, step: str) -> object:
    """One step of Ada's, and everything she is told by it."""
    writing, access = a_writing(network), access_of(ADA, "InviteMembers", "GroupService")
    if step == "open":
        asked = NewGroup("told", "Evening", (BEN,))
        return await _shown(network, await create_group(writing, opener=ADA, asked=asked, at=NOW))
    if step in ("invite", "invite both"):
        whom = [BEN] if step == "invite" else [CAT, BEN]
        group = await host_group.invite_members(writing, access, GROUP, whom, NOW)
        return await _shown(network, group)
    if step == "withdraw":
        group = await host_group.remove_member(writing, access, GROUP, BEN, NOW)
        return await _shown(network, group)
    if step == "host":
        return await _shown(network, await host_group.add_host(writing, access, GROUP, BEN, NOW))
    if step == "get":
        return await _shown(network, await seen_by(network, GROUP, access))
    if step == "list":
        page = await talks(network, ADA, None, 9, NOW)
        return await told(network, ADA, page.shown, NOW)
    if step == "send":
        draft = a_draft(ADA)
        return alike(await send(network, writing.tails, conversation_id=GROUP, draft=draft))
    found, more = await messages_after(network, GROUP, access_of(ADA), 0, 99)
    return [alike(one) for one in found], more


async def _shown(network: FakeNetwork, group: Conversation) -> pb.Conversation:
    [found] = await told(network, ADA, [await shown_to(network, group, ADA, NOW)], NOW)
    return found


async def story(steps: Sequence[str], quiet: Sequence[str | None]) -> list[object]:
    """What Ada is told, step by step, while Ben does this in between."""
    network, said = a_network(ADA, BEN, CAT), list[object]()
    for step, meanwhile in zip(steps, quiet, strict=True):
        if meanwhile is not None:
            try:
                await QUIET[meanwhile](network)
            except DomainError:
                pass  # there is nothing yet to decline or to leave
        try:
            said.append(await _hers(network, step))
        except DomainError as error:
            said.append((error.reason, error.message, error.metadata))
    return said


@given(st.lists(st.tuples(st.sampled_from(HERS), st.none() | st.sampled_from(sorted(QUIET))),
                max_size=12))  # fmt: skip
def test_a_host_cannot_tell_a_no_from_silence(steps: list[tuple[str, str | None]]) -> None:
    begun = [("open", None), *steps]
    hers, quiet = [step for step, _ in begun], [meanwhile for _, meanwhile in begun]
    silence: list[str | None] = [None] * len(hers)
    assert asyncio.run(story(hers, quiet)) == asyncio.run(story(hers, silence))


LONG = ["open", "get", "invite", "list", "withdraw", "get", "invite both", "host", "page", "list"]


@pytest.mark.parametrize("quiet", sorted(QUIET))
async def test_a_whole_story_is_the_same_whatever_she_does_and_when(quiet: str) -> None:
    silence: list[str | None] = [None] * len(LONG)
    expected = await story(LONG, silence)
    for place in range(len(LONG)):
        once = [*silence[:place], quiet, *silence[place + 1 :]]
        assert await story(LONG, once) == expected


async def test_the_property_would_fail_for_a_yes() -> None:
    """What is compared does differ where it should."""
    network = a_network(ADA, BEN)
    before = await _hers(network, "open")
    await taking_part.accept(a_writing(network), access_of(BEN), GROUP, NOW)
    assert await _hers(network, "get") != before
