"""A group through two processes that remember for themselves, against a plain model of it.

What does this test do? It lets members ask, come, go, be taken out, write and read in any order,
each through either process, of which one may die between a notice and the lists. Then sequences
have no gap, nobody has a word where she was not in it, and each is shown what the model says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from common.errors import DomainError
from common.ids import new_id
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from messaging.application import host_group, taking_part
from messaging.application.conversation_pages import requests, talks
from messaging.application.create_group import NewGroup, create_group
from messaging.application.move_position import move_position
from messaging.application.noting import Writing
from messaging.application.queries import messages_after, messages_before
from messaging.application.reading import total_unread
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_draft,
    a_writing,
    access_of,
    send,
)
from services.messaging.tests.fakes import Crash, FakeConversations, a_network, another_process

ALL = (ADA, BEN, CAT)
PICK, WHERE = st.integers(0, 11), st.integers(0, 1)


@dataclass
class Model:
    """What a group is, said plainly."""

    said: list[UUID | None] = field(default_factory=lambda: [None])  # who, None for a notice
    since: dict[UUID, int] = field(default_factory=lambda: {ADA: 1})  # in the order of coming
    hosts: list[UUID] = field(default_factory=lambda: [ADA])
    invited: set[UUID] = field(default_factory=set)
    declined: set[UUID] = field(default_factory=set)
    seated: set[UUID] = field(default_factory=set)  # who has a seat: asked once, or gone
    agreed: set[UUID] = field(default_factory=set)  # of these, who came in when last asked
    read: dict[UUID, int] = field(default_factory=dict)

    def go(self, who: UUID) -> None:
        self.said.append(None)
        del self.since[who]
        self.hosts = [one for one in self.hosts if one != who]
        if not self.hosts and self.since:
            self.hosts = [next(iter(self.since))]

    def unread(self, who: UUID) -> int:
        first = max(self.since[who] - 1, self.read.get(who, 0))
        return sum(one not in (None, who) for one in self.said[first:])


class AGroup(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        network = a_network(*ALL)
        self.networks = [network, another_process(network)]
        self.writings = [a_writing(one) for one in self.networks]
        self.model = Model()
        asked = NewGroup("model", "Ours", ())
        self.group = self.run(create_group(self.writings[0], opener=ADA, asked=asked, at=NOW))
        self.invite(0, 1, 0)
        self.invite(0, 2, 1)

    def teardown(self) -> None:
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    def tries(self, work: Coroutine[Any, Any, Any], *, may: bool) -> bool:
        """Whether it was done, which is when the model says it may be."""
        try:
            self.run(work)
            done = True
        except DomainError:
            done = False
        except Crash:
            done = True  # after the notice; its process begins anew
        assert done is may
        return done

    def choose(self, pick: int, apt: Iterable[UUID]) -> UUID:
        """Mostly one who may, by the model, and sometimes any."""
        those = list(apt) if pick < 9 else []
        return (those or ALL)[pick % len(those or ALL)]

    def at(self, where: int, *, dies: bool = False) -> Writing:
        """A process; one that dies remembers nothing afterwards."""
        if not dies:
            return self.writings[where]
        dying = another_process(self.networks[0])
        dying.conversations.dies = True
        self.networks[where] = another_process(self.networks[0])
        self.writings[where] = a_writing(self.networks[where])
        return a_writing(dying)

    @rule(by_pick=PICK, who_pick=PICK, where=WHERE)
    def invite(self, by_pick: int, who_pick: int, where: int) -> None:
        by, who = self.choose(by_pick, self.model.hosts), ALL[who_pick % 3]
        access = access_of(by, "InviteMembers", "GroupService")
        work = host_group.invite_members(self.at(where), access, self.group.id, [who], NOW)
        if self.tries(work, may=by in self.model.hosts) and who not in self.model.since:
            self.model.invited.add(who)
            self.model.seated.add(who)
            self.model.agreed.discard(who)

    @rule(who_pick=PICK, where=WHERE, dies=st.booleans())
    def accept(self, who_pick: int, where: int, dies: bool) -> None:
        who = self.choose(who_pick, sorted(self.model.invited - self.model.since.keys()))
        inside = who in self.model.since
        asked = who in self.model.invited and bool(self.model.since)
        dies = dies and asked and not inside
        work = taking_part.accept(self.at(where, dies=dies), access_of(who), self.group.id, NOW)
        done = self.tries(work, may=inside or asked)
        if done and not dies and who in self.model.seated:
            self.model.agreed.add(who)
        if done and not inside:
            self.model.said.append(None)
            self.model.since[who] = len(self.model.said)
            self.model.declined.discard(who)

    @rule(who_pick=PICK, where=WHERE)
    def decline(self, who_pick: int, where: int) -> None:
        who = self.choose(who_pick, sorted(self.model.invited - self.model.since.keys()))
        asked = who in self.model.invited and bool(self.model.since)
        work = taking_part.decline(self.at(where), access_of(who), self.group.id, NOW)
        if self.tries(work, may=asked and who not in self.model.since):
            self.model.declined.add(who)

    @rule(who_pick=PICK, where=WHERE, dies=st.booleans())
    def leave(self, who_pick: int, where: int, dies: bool) -> None:
        who = self.choose(who_pick, self.model.since)
        inside = who in self.model.since
        work = taking_part.leave(
            self.at(where, dies=dies and inside), access_of(who), self.group.id, NOW
        )
        gone = who in self.model.agreed - self.model.invited
        if self.tries(work, may=inside or gone) and inside:
            self.model.invited.discard(who)
            self.model.seated.add(who)
            self.model.agreed.add(who)
            self.model.go(who)

    @rule(by_pick=PICK, who_pick=PICK, where=WHERE, dies=st.booleans())
    def remove(self, by_pick: int, who_pick: int, where: int, dies: bool) -> None:
        by, who = self.choose(by_pick, self.model.hosts), ALL[who_pick % 3]
        may = by in self.model.hosts and by != who
        access = access_of(by, "RemoveMember", "GroupService")
        dies = dies and may and who in self.model.since
        work = host_group.remove_member(self.at(where, dies=dies), access, self.group.id, who, NOW)
        if self.tries(work, may=may):
            self.model.invited.discard(who)
            if who in self.model.since:
                self.model.agreed |= {who} & self.model.seated
                self.model.go(who)

    @rule(who_pick=PICK, where=WHERE, back=st.integers(0, 3))
    def write(self, who_pick: int, where: int, back: int) -> None:
        who = self.choose(who_pick, self.model.since)
        writing, last = self.at(where), len(self.model.said)
        answered = max(last - back + 1, 0) if back else 0
        first = self.model.since.get(who)
        there = answered == 0 or (
            first is not None
            and first <= answered <= last
            and self.model.said[answered - 1] is not None
        )
        draft = a_draft(who, client_id=str(new_id()), reply_to=answered)
        work = send(writing.network, writing.tails, conversation_id=self.group.id, draft=draft)
        if self.tries(work, may=first is not None and there):
            self.model.said.append(who)

    @rule(who_pick=PICK, where=WHERE, back=st.integers(0, 4))
    def read(self, who_pick: int, where: int, back: int) -> None:
        who = self.choose(who_pick, self.model.since)
        upto = max(len(self.model.said) - back, 0)
        access = access_of(who, "MovePosition", "ReceiptService")
        work = move_position(
            self.at(where).network, access, conversation_id=self.group.id, delivered=0, read=upto,
            at=NOW,
        )  # fmt: skip
        if self.tries(work, may=who in self.model.since):
            self.model.read[who] = max(self.model.read.get(who, 0), upto)

    @invariant()
    def each_is_shown_what_is_hers(self) -> None:
        for network in self.networks:
            for who in ALL:
                self.run(self._seen(network, who))

    @invariant()
    def places_have_no_gap_and_no_word_of_who_was_not_there(self) -> None:
        messages = self.networks[0].messages.of(self.group.id)
        inside: tuple[UUID, ...] = ()
        for place, one in enumerate(messages, start=1):
            assert one.sequence == place
            if one.notice is not None:
                inside = one.notice.roster.member_ids
            else:
                assert one.sender_id in inside
                assert one.roster_at <= place
        said = [None if one.notice else one.sender_id for one in messages]
        assert said == self.model.said

    async def _seen(self, network: Any, who: UUID) -> None:
        first = self.model.since.get(who)
        forth: list[Message] = []
        try:
            found, _ = await messages_after(network, self.group.id, access_of(who), 0, 999)
            back, _ = await messages_before(network, self.group.id, access_of(who), None, 999)
        except DomainError:
            assert first is None
        else:
            forth = [one for one in found if isinstance(one, Message)]
            assert list(back) == forth[::-1]
            assert first is not None
            assert [one.sequence for one in forth] == list(range(first, len(self.model.said) + 1))
            unread = (await total_unread(network, who)).unread.count
            assert unread == self.model.unread(who)
        listed = [await of(network, who, None, 9, NOW) for of in (talks, requests)]
        asked = who in self.model.invited - self.model.declined - self.model.since.keys()
        assert len(listed[0].shown) == (first is not None)
        assert len(listed[1].shown) == (asked and bool(self.model.since))
        if first is not None:
            [shown] = listed[0].shown
            assert shown.conversation.member_ids == tuple(self.model.since)
            assert list(shown.conversation.roster.host_ids) == self.model.hosts


TestAGroup = AGroup.TestCase
TestAGroup.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


def test_two_processes_remember_apart() -> None:
    """Or the machine above would compare one with itself."""
    network = a_network(ADA)
    other = another_process(network)
    assert isinstance(other.conversations, FakeConversations)
    assert other.conversations is not network.conversations
    assert other.conversations.all is network.conversations.all
