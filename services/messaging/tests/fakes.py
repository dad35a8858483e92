"""Messaging's ports in memory, held to the same contract as the database (test_contract.py), and
a collection whose writes wait for the test."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from common.errors import Unavailable
from common.ids import new_id
from common.mongo import Database, Document
from messaging.application.ports import ImportedRow, Network, Taken
from messaging.domain.contact import WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Placed, Tail
from messaging.domain.reaction import MOST, Reaction
from messaging.domain.roster import Roster

from services.messaging.tests.builders import NETWORK
from services.messaging.tests.fakes_marks import FakeMarks, FakeReceiptChoices, FakeReports
from services.messaging.tests.fakes_presence import FakePresences
from services.messaging.tests.fakes_sides import fake_sides
from services.messaging.tests.fakes_touches import FakeTouches


class Crash(Exception):
    """The process dies here."""


async def others_first() -> None:
    """Let every other task go on, as waiting for a database does."""
    await asyncio.sleep(0)


class FakeConversations:
    """Implements ports.Conversations. One made `of` another is that of a process beside it: it
    holds the same, and remembers for itself. Where it `dies` it keeps no roster."""

    def __init__(self, of: FakeConversations | None = None) -> None:
        self.all: dict[UUID, Conversation] = of.all if of else {}
        self.ever: dict[UUID, set[UUID]] = of.ever if of else {}
        self._opened: dict[UUID, UUID] = of._opened if of else {}
        self._seen: dict[UUID, Conversation] = {}
        self.dies = False

    async def get(self, id: UUID) -> Conversation | None:
        if id not in self._seen and id in self.all:
            self._seen[id] = self.all[id]
        return self._seen.get(id)

    async def keep(self, id: UUID, roster: Roster) -> None:
        await others_first()
        if self.dies:
            raise Crash
        if id in self.all:
            if self.all[id].roster.at < roster.at:
                self.all[id] = self.all[id].under(roster)
                self.ever.setdefault(id, set()).update(roster.member_ids)
            self._seen[id] = self.all[id]

    async def add(self, conversations: Sequence[Conversation]) -> set[UUID]:
        await others_first()
        new = [one for one in conversations if one.id not in self.all]
        self.all |= {one.id: one for one in new}
        self._opened |= {one.id: new_id() for one in new}
        return {one.id for one in new}

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Conversation]]:
        opened = [
            (self._opened[one.id], one) for one in self.all.values() if member_id in one.member_ids
        ]
        older = [item for item in opened if before is None or item[0] < before]
        return sorted(older, key=lambda item: item[0], reverse=True)[:limit]


class FakeMessages:
    """Implements ports.Messages; `crash_after` so many rows an import dies."""

    def __init__(self) -> None:
        self.all: list[Message] = []
        self.rows: dict[str, Message] = {}
        self.changed: list[Message] = []
        self.full = False
        self.failing = False
        self.crash_after: int | None = None

    def of(self, conversation_id: UUID) -> list[Message]:
        """A conversation, ascending."""
        found = (one for one in self.all if one.conversation_id == conversation_id)
        return sorted(found, key=lambda one: one.sequence)

    async def tail(self, conversation_id: UUID) -> Tail | None:
        messages = self.of(conversation_id)
        await others_first()
        return messages[-1].tail if messages else None

    async def add(self, conversation: Conversation, placed: Placed) -> None:
        await others_first()
        if self.failing:
            raise Crash
        self._keep(placed.message, 0)
        await others_first()

    async def room(self) -> None:
        if self.full:
            raise Unavailable("no room")

    async def add_imported(self, rows: Sequence[ImportedRow]) -> None:
        await others_first()
        for index, row in enumerate(rows):
            if self.crash_after is not None:
                if self.crash_after == 0:
                    raise Crash
                self.crash_after -= 1
            self._keep(row.placed.message, index)
            self.rows[row.key] = row.placed.message

    async def by_client_id(
        self, conversation_id: UUID, sender_id: UUID, client_message_id: str
    ) -> Message | None:
        for one in self.of(conversation_id):
            if (one.sender_id, one.client_message_id) == (sender_id, client_message_id):
                return one
        return None

    async def get(self, conversation_id: UUID, message_id: UUID) -> Message | None:
        await others_first()
        return next((one for one in self.of(conversation_id) if one.id == message_id), None)

    async def change(self, conversation: Conversation, before: Message, after: Message) -> bool:
        await others_first()
        at = self._unchanged(before)
        if at is None or self.all[at].version != before.version:
            return False
        kept = self.all[at].reactions if after.text else ()
        self.all[at] = replace(after, reactions=kept)
        self.changed.append(after)
        return True

    async def react(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        await others_first()
        place = self._unchanged(message)
        if place is None or not self.all[place].text:
            return False
        there = self.all[place].reactions
        if reaction in there or len(there) >= MOST:
            return False
        self.all[place] = replace(self.all[place], reactions=(*there, reaction))
        return True

    async def unreact(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        await others_first()
        place = self._unchanged(message)
        if place is None or reaction not in self.all[place].reactions:
            return False
        kept = tuple(one for one in self.all[place].reactions if one != reaction)
        self.all[place] = replace(self.all[place], reactions=kept)
        return True

    def _unchanged(self, message: Message) -> int | None:
        """Where the message is, if it is still its sender's."""
        for at, one in enumerate(self.all):
            if (one.id, one.sender_id) == (message.id, message.sender_id):
                return at
        return None

    async def imported(self, first: str, last: str) -> dict[str, Message]:
        await others_first()
        return {key: row for key, row in self.rows.items() if first <= key <= last}

    async def roster_at(self, conversation_id: UUID, sequence: int) -> Roster | None:
        found = await self.after(conversation_id, sequence - 1, 1)
        notice = found[0].notice if found and found[0].sequence == sequence else None
        return notice.roster if notice else None

    async def after(self, conversation_id: UUID, sequence: int, limit: int) -> Sequence[Message]:
        return [one for one in self.of(conversation_id) if one.sequence > sequence][:limit]

    async def before(
        self, conversation_id: UUID, sequence: int | None, limit: int
    ) -> Sequence[Message]:
        messages = reversed(self.of(conversation_id))
        return [one for one in messages if sequence is None or one.sequence < sequence][:limit]

    async def unread(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int, limit: int
    ) -> int:
        found = self._of_others(conversation_id, member_id, after, upto)
        return min(len(found), limit)

    async def newest_of_others(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int
    ) -> UUID | None:
        found = self._of_others(conversation_id, member_id, after, upto)
        return found[-1].sender_id if found else None

    def _of_others(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int
    ) -> list[Message]:
        return [
            one
            for one in self.of(conversation_id)
            if after < one.sequence <= upto and one.sender_id != member_id and one.text
        ]

    def _keep(self, message: Message, index: int) -> None:
        for one in self.of(message.conversation_id):
            same_id = (one.sender_id, one.client_message_id) == (
                message.sender_id, message.client_message_id
            )  # fmt: skip
            if one.sequence == message.sequence or same_id:
                raise Taken(index)
        self.all.append(message)


class FakeMembers:
    """Implements ports.Members."""

    def __init__(self, member_ids: Iterable[UUID] = ()) -> None:
        self.all = set(member_ids)

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        return set(member_ids) - self.all

    async def add(self, member_id: UUID) -> None:
        self.all.add(member_id)


@dataclass(frozen=True, slots=True)
class FakeNetwork(Network):
    """A network in memory whose parts show what they hold."""

    conversations: FakeConversations
    messages: FakeMessages
    members: FakeMembers
    marks: FakeMarks
    choices: FakeReceiptChoices
    reports: FakeReports
    presences: FakePresences
    touches: FakeTouches


def a_network(*member_ids: UUID, rule: WhoMayWrite = WhoMayWrite.NETWORK) -> FakeNetwork:
    """A network with these members and no conversation; `rule` is that of who said nothing."""
    parts = FakeConversations(), FakeMessages(), FakeMembers(member_ids)
    marks, choices, reports = FakeMarks(), FakeReceiptChoices(), FakeReports()
    return FakeNetwork(
        NETWORK, *parts, fake_sides(rule), marks, choices, reports, FakePresences(), FakeTouches()
    )  # fmt: skip


def another_process(network: FakeNetwork) -> FakeNetwork:
    """The same network through a process that remembers for itself."""
    return replace(network, conversations=FakeConversations(network.conversations))


class WaitingCollection:
    """As much of the driver's collection as a group commit uses; each write ends when told to."""

    def __init__(self) -> None:
        self.groups: list[list[Document]] = []
        self.go = asyncio.Semaphore(0)
        self.error: Exception | None = None

    async def insert_many(self, documents: Sequence[Document], *, ordered: bool) -> None:
        self.groups.append(list(documents))
        await self.go.acquire()
        if self.error is not None:
            raise self.error


class WaitingDatabase(Database):
    """A database with nothing but one WaitingCollection."""

    def __init__(self) -> None:
        self.one = WaitingCollection()

    def unscoped(self, name: str) -> Any:
        return self.one
