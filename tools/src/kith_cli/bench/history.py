"""A page at a random place of a long conversation against one of a short conversation, through the
gateway: what a reader who scrolls far back waits for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.v1 import messaging_pb2 as messaging
from kith.messaging.v1 import messaging_service_pb2 as api

from kith_cli.bench.lean import Connection
from kith_cli.bench.load import TEXT, Person
from kith_cli.client import Kith, when_known
from kith_cli.errors import Stop
from kith_cli.importing.messages import KNOWN_SECONDS, MESSAGES_METHOD

SHORT = 1_000
PAGE = 50
READS = 500  # of each
WARM_READS = 20
ROWS_PER_REQUEST = 500
ROWS_PER_STREAM = 10_000
BEGUN_AT = 1_600_000_000


def write(admin: Kith, sender: Person, reader: Person, count: int) -> float:
    """Bring so many messages of one conversation in; the seconds that took. Raises Stop, Refused.

    By the import, which stores them as sending does, each with its events: nothing else may write
    what messaging has sealed.
    """
    begun = time.monotonic()
    for first in range(1, count + 1, ROWS_PER_STREAM):
        numbers = range(first, min(first + ROWS_PER_STREAM, count + 1))
        _bring(admin, partial(requests, sender, reader, numbers))
    return time.monotonic() - begun


def _bring(admin: Kith, requests: Callable[[], Iterator[api.ImportMessagesRequest]]) -> None:
    when_known(
        lambda: admin.stream(
            MESSAGES_METHOD, api.ImportMessagesRequest.SerializeToString,
            api.ImportMessagesResponse.FromString, requests,
        ),
        KNOWN_SECONDS,
    )  # fmt: skip


def requests(sender: Person, reader: Person, numbers: range) -> Iterator[api.ImportMessagesRequest]:
    """Rows with these numbers, a few hundred at a time."""
    for first in range(numbers.start, numbers.stop, ROWS_PER_REQUEST):
        last = min(first + ROWS_PER_REQUEST, numbers.stop)
        yield api.ImportMessagesRequest(
            source=sender.member_id,
            messages=[
                messaging.ImportedMessage(
                    row=number, sender_id=sender.member_id, recipient_id=reader.member_id,
                    text=TEXT, create_time=Timestamp(seconds=BEGUN_AT + number),
                )
                for number in range(first, last)
            ],
        )  # fmt: skip


async def read(
    host: str, port: int, reader: Person, conversations: dict[int, str], reads: int = READS
) -> dict[int, list[float]]:
    """Read pages of conversations, given by their length, in turns, one at a time: the seconds
    each took. Raises Stop if one is not whole."""
    connection = Connection(host, port, reader.token)
    chance = random.Random(7)  # noqa: S311  # no secret
    found: dict[int, list[float]] = {length: [] for length in conversations}
    try:
        for number in range(-WARM_READS, reads):
            for length, id in conversations.items():
                before = chance.randrange(PAGE + 1, length + 1)
                path = f"/v1/conversations/{id}/messages?beforeSequence={before}&pageSize={PAGE}"
                at = time.perf_counter()
                page = await connection.request("GET", path)
                seconds = time.perf_counter() - at
                told = [message["sequence"] for message in page["messages"]]
                if told != list(range(before - 1, before - 1 - PAGE, -1)):
                    raise Stop(f"a page before {before} of {length} messages is not whole: {told}")
                if number >= 0:
                    found[length].append(seconds)
    finally:
        connection.close()
    return found
