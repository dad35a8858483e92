"""Members who talk without end over bad connections, and what has to be true of it all afterwards.

After Jepsen: clients note what they were told was done and everything they saw; when all is well
again, what is stored is held against that.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

TEXTS = ("How are you today?", "Better than yesterday.", "I know this.", "Thank you for saying so.")
ANSWER_SECONDS = 8.0
CONNECT_SECONDS = 5.0
SETTLE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
# Refusals that say: the same again, later.
PASSING = {"UNAVAILABLE", "CONCURRENT_UPDATE", "RATE_LIMITED", "INTERNAL"}
GONE = "CONVERSATION_NOT_FOUND"
Spoken = tuple[str, str]
"""Conversation and text."""
Stored = Mapping[str, Sequence[Mapping[str, Any]]]
"""Conversations as they are, from their first message on."""


class Broken(Exception):
    """Something that must never happen did."""


@dataclass
class Talker:
    """One member with one device, who writes and is told; knows nothing but her own log.

    She comes into the `groups` and goes, while she talks; what she had begun to say there when she
    was taken out is `unknown`: perhaps it was said.
    """

    name: str
    member_id: str
    token: str
    talks: Sequence[str]
    doors: Sequence[str]
    chance: random.Random
    groups: Sequence[str] = ()
    heard: dict[str, dict[int, str]] = field(default_factory=dict)  # by conversation and place
    acknowledged: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    unanswered: dict[str, Spoken] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    connections: int = 0
    behind: int = 0
    _answers: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _spoken: int = 0

    async def talk(self, over: asyncio.Event) -> None:
        """Write and be told until `over`, through whatever door opens."""
        while not over.is_set():
            await self._visit(over, lasting=self.chance.expovariate(1 / 2.0))

    async def settle(self, ends: Mapping[str, int]) -> None:
        """Say again what was not answered, and be told everything."""
        over = asyncio.Event()
        visiting = asyncio.create_task(self._settle(over))
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while self.unanswered or any(self.place(id) < end for id, end in ends.items()):
                    await asyncio.sleep(PAUSE_SECONDS)
                    if visiting.done():
                        break
        finally:
            over.set()
            await visiting

    async def _settle(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self._visit(over, lasting=SETTLE_SECONDS, new=False)

    def place(self, talk: str) -> int:
        """How far she was told."""
        return max(self.heard.get(talk, ()), default=0)

    async def _visit(self, over: asyncio.Event, *, lasting: float, new: bool = True) -> None:
        door = self.chance.choice(self.doors)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await websockets.connect(f"ws://{door}/v1/stream", ping_interval=None)
        except (OSError, TimeoutError, websockets.WebSocketException):
            await asyncio.sleep(PAUSE_SECONDS * 4)
            return
        listening = asyncio.create_task(self._listen(socket, door))
        try:
            async with asyncio.timeout(lasting):
                await self._greet(socket, listening)
                await self._write(socket, over, listening, new=new)
        except (OSError, TimeoutError, websockets.WebSocketException):
            pass
        finally:
            if self.chance.random() < 0.5:
                socket.transport.abort()
            await socket.close()
            await asyncio.wait([listening])
            listening.result()

    async def _greet(self, socket: ClientConnection, listening: asyncio.Task[None]) -> None:
        resume = {talk: self.place(talk) for talk in (*self.talks, *self.groups)}
        ready = self._answers["ready"] = asyncio.get_running_loop().create_future()
        frame = {"type": "authenticate", "accessToken": self.token, "resume": resume}
        await socket.send(json.dumps(frame))
        await _either(ready, listening, CONNECT_SECONDS)
        if not ready.done():
            raise TimeoutError
        self.connections += 1

    async def _write(
        self, socket: ClientConnection, over: asyncio.Event, listening: asyncio.Task[None], *,
        new: bool,
    ) -> None:  # fmt: skip
        while not over.is_set() and not listening.done():
            if self.unanswered:
                id = next(iter(self.unanswered))
            elif new:
                self._spoken += 1
                id = f"{self.name}-{self._spoken}"
                text = f"{self.chance.choice(TEXTS)} ({id})"
                talk = self.chance.choice((*self.talks, *self.groups))
                self.unanswered[id] = talk, text
            else:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            await self._say(socket, id, listening)
            await asyncio.sleep(self.chance.uniform(0, PAUSE_SECONDS))

    async def _say(self, socket: ClientConnection, id: str, listening: asyncio.Task[None]) -> None:
        talk, text = self.unanswered[id]
        answer = self._answers[id] = asyncio.get_running_loop().create_future()
        frame = {
            "type": "send", "id": id, "conversationId": talk, "clientMessageId": id, "text": text,
        }  # fmt: skip
        await socket.send(json.dumps(frame))
        await _either(answer, listening, ANSWER_SECONDS)
        if not answer.done():
            raise TimeoutError  # perhaps done, perhaps not: said again over another connection
        told = answer.result()
        if told["type"] == "refused":
            reason = told["problem"]["reason"]
            if reason == GONE and talk in self.groups:
                self.unknown.add(id)
                del self.unanswered[id]
            elif reason not in PASSING:
                raise Broken(f"{id} was refused: {told}")
            return
        message = told["message"]
        if (message["conversationId"], message["text"]) != (talk, text):
            raise Broken(f"{id} became another message: {message}")
        self.acknowledged[id] = talk, message["sequence"], text
        del self.unanswered[id]

    async def _listen(self, socket: ClientConnection, door: str) -> None:
        try:
            async for content in socket:
                await self._take(json.loads(content), door)
        except (OSError, websockets.WebSocketException):
            return

    async def _take(self, frame: dict[str, Any], door: str) -> None:
        match frame["type"]:
            case "message":
                self._hear(frame["message"])
            case "behind":
                self.behind += 1
                await self._page(frame["conversationId"], frame["lastSequence"], door)
            case "ready" | "sent" | "refused":
                answer = self._answers.get(frame.get("id", "ready"))
                if answer is not None and not answer.done():
                    answer.set_result(frame)

    def _hear(self, message: Mapping[str, Any]) -> None:
        talk, sequence = message["conversationId"], message["sequence"]
        place = self.place(talk)
        if sequence != place + 1 and not (sequence > place and self._comes(message)):
            raise Broken(f"{self.name} was told {sequence} after {place} in {talk}: {message}")
        self.heard.setdefault(talk, {})[sequence] = message["text"]

    def _comes(self, message: Mapping[str, Any]) -> bool:
        """Whether she comes into a group by it, and so is told from there on."""
        return message["conversationId"] in self.groups and comes_by(message, self.member_id)

    async def _page(self, talk: str, last: int, door: str) -> None:
        """Ask REST for what was too much to be told. Best effort: it is told again later."""
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=f"http://{door}", headers=headers) as http:
            while self.place(talk) < last:
                path = f"/v1/conversations/{talk}/messages"
                asked = {"afterSequence": str(self.place(talk)), "oldestFirst": "true"}
                try:
                    answer = await http.get(path, params=asked)
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    return
                for message in answer.json()["messages"]:
                    self._hear(message)


async def _either(answer: asyncio.Future[Any], over: asyncio.Task[None], seconds: float) -> None:
    await asyncio.wait([answer, over], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def comes_by(message: Mapping[str, Any], member_id: str) -> bool:
    """Whether a member is in a group from this message on."""
    notice = message.get("notice", {})
    return notice.get("kind") in {"opened", "joined"} and member_id in notice["memberIds"]


def goes_by(message: Mapping[str, Any], member_id: str) -> bool:
    """Whether a member is in a group up to this message."""
    notice = message.get("notice", {})
    return notice.get("kind") in {"left", "removed"} and member_id in notice["memberIds"]


def stays(messages: Sequence[Mapping[str, Any]], member_id: str) -> list[range]:
    """The places at which a member was in a group, with those she came and went by."""
    found, since = [], 0
    for message in messages:
        sequence = message["sequence"]
        if comes_by(message, member_id):
            assert not since, f"she comes twice, at {since} and {sequence}"
            since = sequence
        elif goes_by(message, member_id):
            assert since, f"she goes at {sequence} and was not there"
            found.append(range(since, sequence + 1))
            since = 0
    return [*found, range(since, len(messages) + 1)] if since else found


def ends_for(talker: Talker, stored: Stored) -> dict[str, int]:
    """Where her conversations end, those she has left not counted."""
    ends = {talk: len(stored[talk]) for talk in talker.talks}
    for group in talker.groups:
        end = len(stored[group])
        there = stays(stored[group], talker.member_id)
        if there and end in there[-1] and not goes_by(stored[group][-1], talker.member_id):
            ends[group] = end
    return ends


def check(talkers: Sequence[Talker], stored: Stored) -> None:
    """What was acknowledged is there, once, in one order without a gap, and everybody saw just
    that, and of a group what was said while she was in it. Raises AssertionError."""
    known = {id for talker in talkers for id in (*talker.acknowledged, *talker.unknown)}
    for talk, messages in stored.items():
        assert [one["sequence"] for one in messages] == list(range(1, len(messages) + 1)), talk
        ids = [one["clientMessageId"] for one in messages if "notice" not in one]
        assert len(set(ids)) == len(ids), f"a message is there twice in {talk}"
        assert set(ids) <= known, "something is there that nobody sent"
    for talker in talkers:
        assert not talker.unanswered, f"{talker.name} was never answered: {talker.unanswered}"
        for id, (talk, sequence, text) in talker.acknowledged.items():
            kept = stored[talk][sequence - 1]
            assert (kept["clientMessageId"], kept["text"]) == (id, text), f"{id} is lost"
        for talk in talker.talks:
            texts = {one["sequence"]: one["text"] for one in stored[talk]}
            assert talker.heard.get(talk, {}) == texts, f"{talker.name} saw something else"
        for group in talker.groups:
            check_group(talker, group, stored[group])


def check_group(talker: Talker, group: str, messages: Sequence[Mapping[str, Any]]) -> None:
    """She said something only while she was in it, and saw from when she came on what was said,
    all of it while she stays. Raises AssertionError."""
    there = stays(messages, talker.member_id)
    for message in messages:
        if message["senderId"] == talker.member_id and "notice" not in message:
            sequence = message["sequence"]
            assert any(sequence in stay for stay in there), f"{talker.name} said {message}"
    heard = talker.heard.get(group, {})
    for sequence, text in heard.items():
        assert messages[sequence - 1]["text"] == text, f"{talker.name} saw something else"
    for stay in there:
        saw = [sequence for sequence in sorted(heard) if sequence in stay]
        assert saw == list(stay[: len(saw)]), f"{talker.name} saw {saw} of {stay}"
    assert all(any(one in stay for stay in there) for one in heard), f"{talker.name} overheard"
    if there and not goes_by(messages[-1], talker.member_id) and there[-1][-1] == len(messages):
        assert set(there[-1]) <= heard.keys(), f"{talker.name} missed something in {group}"
