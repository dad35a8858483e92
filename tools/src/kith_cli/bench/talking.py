"""Loads over WebSockets: senders in a closed loop, a steady rate watched at the other end, many
sockets that say nothing."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from kith_cli.bench.load import TEXT, Load, Person

ANSWER_SECONDS = 30.0


class Device(WSListener):
    """One device of a person: sends, and notes when what arrived."""

    def __init__(self) -> None:
        super().__init__()
        self._transport: WSTransport
        self._answers: dict[str, asyncio.Future[float]] = {}
        self.arrived: dict[str, float] = {}  # when, by client message id
        self.over = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, host: str, port: int, token: str) -> Device:
        """A device that is ready. Raises TimeoutError, RuntimeError."""
        device = cls()
        transport, _ = await ws_connect(lambda: device, f"ws://{host}:{port}/v1/stream")
        device._transport = transport
        async with asyncio.timeout(ANSWER_SECONDS):
            await device.say({"type": "authenticate", "accessToken": token}, "ready")
        return device

    async def say(self, frame: dict[str, Any], id: str) -> float:
        """Send a frame; when its answer came."""
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._answers[id] = answer
        self._transport.send(WSMsgType.TEXT, json.dumps(frame).encode())
        await asyncio.wait([answer, self.over], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise RuntimeError(f"the gateway hung up: {self.over.result()}")
        return answer.result()

    async def send(self, person: Person, id: str) -> float:
        """Send a message; when it was acknowledged."""
        frame = {
            "type": "send", "id": id, "conversationId": person.conversation_id,
            "clientMessageId": id, "text": TEXT,
        }  # fmt: skip
        return await self.say(frame, id)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        now = time.perf_counter()
        if frame.msg_type == WSMsgType.CLOSE:
            if not self.over.done():
                self.over.set_result(f"{frame.get_close_code()} {frame.get_close_reason()}")
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        told = json.loads(frame.get_payload_as_bytes())
        match told["type"]:
            case "message":
                self.arrived[told["message"]["clientMessageId"]] = now
            case "sent" | "ready":
                answer = self._answers.pop(told.get("id", "ready"))
                if not answer.done():
                    answer.set_result(now)
            case "refused":
                raise RuntimeError(f"a message was refused: {told['problem']}")

    def close(self) -> None:
        """Hang up."""
        self._transport.disconnect()


async def closed_loop(host: str, port: int, people: Sequence[Person], seconds: float) -> Load:
    """Everybody sends one message after the other for so long, and is told the other's."""
    devices = [await Device.open(host, port, person.token) for person in people]
    load, begun = Load(), time.perf_counter()
    until = begun + seconds

    async def send(person: Person, device: Device) -> None:
        number = 0
        while (at := time.perf_counter()) < until:
            number += 1
            acknowledged = await device.send(person, f"ws-{number}-{begun}")
            load.latencies.append(acknowledged - at)

    await asyncio.gather(*(send(*both) for both in zip(people, devices, strict=True)))
    load.seconds = time.perf_counter() - begun
    _hang_up(devices)
    return load


async def delivered(
    host: str, port: int, people: Sequence[Person], per_second: float, seconds: float
) -> Load:
    """Send at a steady rate (open loop): from the sender's frame to the socket of whom she writes
    to, and to her own acknowledgement. Each writes to the next."""
    devices = [await Device.open(host, port, person.token) for person in people]
    load, begun = Load(), time.perf_counter()
    chance = random.Random(7)  # noqa: S311  # no secret
    sent: list[tuple[str, int, float]] = []
    tasks: list[asyncio.Task[float]] = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
        who, id = chance.randrange(len(people)), f"deliver-{number}-{begun}"
        sent.append((id, (who + 1) % len(people), time.perf_counter()))
        tasks.append(asyncio.create_task(devices[who].send(people[who], id)))
    acknowledged = await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - begun
    await asyncio.sleep(1.0)
    load.latencies = [end - at for end, (_, _, at) in zip(acknowledged, sent, strict=True)]
    load.delays = [devices[to].arrived[id] - at for id, to, at in sent]
    _hang_up(devices)
    return load


async def opened(host: str, port: int, people: Sequence[Person], each: int) -> list[Device]:
    """So many sockets of everybody, ready."""
    return [await Device.open(host, port, person.token) for person in people for _ in range(each)]


def _hang_up(devices: Sequence[Device]) -> None:
    for device in devices:
        device.close()
