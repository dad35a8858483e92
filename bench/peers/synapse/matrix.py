"""What a Matrix client says: accounts, rooms of two, messages, and what is new by /sync."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from kith_cli.bench.lean import Connection
from kith_cli.bench.load import TEXT

CLIENT = "/_matrix/client/v3"
REGISTER = "/_synapse/admin/v1/register"
PASSWORD = "bench-password-1"  # noqa: S105  # of made-up people in a server that is thrown away
LONGEST_MILLIS = 10_000
_FILTER = json.dumps({"room": {"timeline": {"limit": 50}, "state": {"lazy_load_members": True}}})


@dataclass(slots=True)
class Person:
    """Somebody signed in, and the room she writes in."""

    user_id: str
    token: str
    room_id: str = ""
    numbers: itertools.count[int] = field(default_factory=itertools.count)


def mac_of(secret: str, nonce: str, name: str, password: str) -> str:
    """What proves to Synapse that one knows its registration secret, for who is no admin."""
    said = "\0".join((nonce, name, password, "notadmin"))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha1).hexdigest()  # as Synapse asks


async def registered(host: str, port: int, secret: str, name: str) -> Person:
    """A new account, signed in."""
    connection = Connection(host, port, "")
    try:
        nonce = (await connection.request("GET", REGISTER))["nonce"]
        body = {
            "nonce": nonce, "username": name, "password": PASSWORD, "admin": False,
            "mac": mac_of(secret, nonce, name, PASSWORD),
        }  # fmt: skip
        made = await connection.request("POST", REGISTER, body)
    finally:
        connection.close()
    return Person(made["user_id"], made["access_token"])


async def acquainted(host: str, port: int, person: Person, peer: Person) -> None:
    """Give `person` a room with `peer`, who joins it."""
    hers, theirs = Connection(host, port, person.token), Connection(host, port, peer.token)
    try:
        body = {"preset": "private_chat", "is_direct": True, "invite": [peer.user_id]}
        person.room_id = (await hers.request("POST", f"{CLIENT}/createRoom", body))["room_id"]
        await theirs.request("POST", f"{CLIENT}/rooms/{quote(person.room_id)}/join", {"reason": ""})
    finally:
        hers.close()
        theirs.close()


async def say(connection: Connection, person: Person) -> str:
    """Send one message into her room; the id it has."""
    room = f"{CLIENT}/rooms/{quote(person.room_id)}"
    path = f"{room}/send/m.room.message/{next(person.numbers)}"
    answer = await connection.request("PUT", path, {"msgtype": "m.text", "body": TEXT})
    id: str = answer["event_id"]
    return id


class Watch:
    """A device that is told what is new, and notes when."""

    def __init__(self, host: str, port: int, person: Person) -> None:
        self.connection = Connection(host, port, person.token)
        self._since = ""
        self.arrived: dict[str, float] = {}  # when, by the id of the message

    async def begin(self) -> None:
        """Be told what there is, so that what comes is new."""
        self._since = (await self._sync(0))["next_batch"]

    async def run(self) -> None:
        """Ask for what is new, again and again, until cancelled."""
        while True:
            answer = await self._sync(LONGEST_MILLIS)
            now = time.perf_counter()
            self._since = answer["next_batch"]
            for id in messages_in(answer):
                self.arrived.setdefault(id, now)

    async def _sync(self, millis: int) -> Any:
        query = {"timeout": millis, "filter": _FILTER, "set_presence": "offline"}
        since = {"since": self._since} if self._since else {}
        async with asyncio.timeout(LONGEST_MILLIS / 1000 + 30):
            return await self.connection.request("GET", f"{CLIENT}/sync?{urlencode(query | since)}")


def messages_in(answer: Mapping[str, Any]) -> list[str]:
    """The ids of the messages in an answer to /sync."""
    rooms = answer.get("rooms", {}).get("join", {})
    return [
        event["event_id"]
        for room in rooms.values()
        for event in room.get("timeline", {}).get("events", ())
        if event["type"] == "m.room.message"
    ]
