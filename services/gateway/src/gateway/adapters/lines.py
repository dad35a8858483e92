"""The ways to the instances of messaging: a stream to each, opened again whenever it ends."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import grpc
from common import grpc_client, log
from common.config import Address
from common.service_tokens import Vouch
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import delivery_service_pb2_grpc as grpc_api

from gateway.application.news import News
from gateway.application.watching import Watches
from gateway.telemetry import LINES

logger = log.get(__name__)
LOOK_SECONDS = 5.0
AGAIN_SECONDS = (0.1, 0.5, 1.0, 2.0)
MOST_AT_ONCE = 1_000
"""Subscriptions in one request: their tokens have to fit into what a server takes of one."""
Read = Callable[[api.Delivery], News]


class Line:
    """One stream, while it lasts. Implements watching.Line: what is said gathers until it can be
    sent."""

    def __init__(self, watches: Watches, read: Read) -> None:
        self._watches = watches
        self._read = read
        self._new: dict[int, str] = {}
        self._gone: set[int] = set()
        self._typing: dict[int, str] = {}
        self._wake = asyncio.Event()

    def subscribe(self, number: int, token: str) -> None:
        """See watching.Line."""
        self._new[number] = token
        self._wake.set()

    def unsubscribe(self, number: int) -> None:
        """See watching.Line. What was said before and is not sent yet is not sent any more."""
        self._new.pop(number, None)
        self._typing.pop(number, None)
        self._gone.add(number)
        self._wake.set()

    def typing(self, number: int, conversation_id: str) -> None:
        """See watching.Line."""
        self._typing[number] = conversation_id
        self._wake.set()

    async def run(self, channel: grpc.aio.Channel) -> None:
        """Talk until the stream ends. Raises grpc.aio.AioRpcError."""
        call = grpc_api.DeliveryServiceStub(channel).Deliver(self._requests())
        try:
            async for response in call:
                self._take(response)
        finally:
            call.cancel()
            self._watches.lost(self)

    async def _requests(self) -> AsyncIterator[api.DeliverRequest]:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._new or self._gone or self._typing:
                yield self._next()

    def _next(self) -> api.DeliverRequest:
        """What has gathered, as much of it as fits."""
        request = api.DeliverRequest()
        for number in itertools.islice(self._gone, MOST_AT_ONCE):
            request.unsubscribe.add(subscription=number)
        for number, token in itertools.islice(self._new.items(), MOST_AT_ONCE):
            request.subscribe.add(subscription=number, access_token=token)
        for number, id in itertools.islice(self._typing.items(), MOST_AT_ONCE):
            request.typing.add(subscription=number, conversation_id=id)
        self._gone.difference_update([one.subscription for one in request.unsubscribe])
        for subscribed in request.subscribe:
            del self._new[subscribed.subscription]
        for typing in request.typing:
            del self._typing[typing.subscription]
        return request

    def _take(self, response: api.DeliverResponse) -> None:
        if response.HasField("slots"):
            self._watches.owned(self, int.from_bytes(response.slots.owned, "little"))
        for one in response.subscribed:
            ends = ((end.conversation_id, end.sequence) for end in one.ends)
            self._watches.began(self, one.subscription, ends)
        for refused in response.refused:
            self._watches.refused(self, refused.subscription, refused.reason)
        for delivery in response.deliveries:
            self._watches.told(self._read(delivery))


class Lines:
    """A line to each instance there is, as the names of messaging resolve."""

    def __init__(
        self, names: Sequence[Address], vouch: Vouch, watches: Watches, read: Read
    ) -> None:
        """Each of `names` may be one instance, or a name for the addresses of several."""
        self._names = names
        self._vouch = vouch
        self._watches = watches
        self._read = read

    async def run(self) -> None:
        """Keep a line to each instance until cancelled."""
        running: dict[Address, asyncio.Task[None]] = {}
        try:
            while True:
                there = await _resolved(self._names)
                for address in there - running.keys():
                    running[address] = asyncio.create_task(self._talk(address), name="line")
                if there:  # a name server that is away tells nothing of instances
                    for address in running.keys() - there:
                        running.pop(address).cancel()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    async def _talk(self, address: Address) -> None:
        failures = 0
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                async with grpc_client.connect(address, vouch=self._vouch) as channel:
                    await channel.channel_ready()
                    with LINES.track_inprogress():
                        await Line(self._watches, self._read).run(channel)
            except grpc.aio.AioRpcError as error:
                logger.info("line.ended", code=error.code().name)
            except Exception as error:  # whatever it was, members wait for the next line
                logger.error("line.failed", exc_info=error)
            lasted = asyncio.get_running_loop().time() - begun
            failures = 0 if lasted > LOOK_SECONDS else min(failures + 1, len(AGAIN_SECONDS) - 1)
            await asyncio.sleep(AGAIN_SECONDS[failures] * random.uniform(0.5, 1.0))  # noqa: S311


async def _resolved(names: Iterable[Address]) -> set[Address]:
    loop = asyncio.get_running_loop()
    found: set[Address] = set()
    for name in names:
        try:
            answers = await loop.getaddrinfo(name.host, name.port, type=socket.SOCK_STREAM)
        except OSError as error:
            logger.warning("line.no_address", name=name.host, error=type(error).__name__)
            continue
        found |= {Address(str(answer[4][0]), name.port) for answer in answers}
    return found
