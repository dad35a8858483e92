"""Hosts who ask members into groups and take them out, and members who come and leave, without end
and whatever fails meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from kith_cli.client import Kith

from tests.integration.talkers import Talker

ANSWER_SECONDS = 5.0
BETWEEN_SECONDS = 0.6


class Keeper:
    """Looks after one group. What fails is left: who is there is read each time."""

    def __init__(
        self, group: str, host: Talker, others: Sequence[Talker], chance: random.Random
    ) -> None:
        self._group, self._host, self._others, self._chance = group, host, others, chance

    async def keep(self, over: asyncio.Event) -> None:
        """Let one after the other come or go until `over`."""
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
            while not over.is_set():
                try:
                    await self._turn(http, self._chance.choice(self._others))
                except httpx.TransportError:
                    pass
                await asyncio.sleep(self._chance.uniform(0, 2 * BETWEEN_SECONDS))

    async def _turn(self, http: httpx.AsyncClient, who: Talker) -> None:
        mine, hers = f"/v1/groups/{self._group}", f"/v1/conversations/{self._group}"
        now = await self._ask(http, self._host, "GET", hers)
        if now.status_code != 200:
            return
        if who.member_id not in now.json()["memberIds"]:
            asked = {"memberIds": [who.member_id]}
            await self._ask(http, self._host, "POST", f"{mine}/invitations", asked)
            await self._ask(http, who, "PUT", f"{hers}/acceptance")
        elif self._chance.random() < 0.5:
            await self._ask(http, self._host, "DELETE", f"{mine}/members/{who.member_id}")
        else:
            await self._ask(http, who, "DELETE", f"{hers}/seat")

    async def _ask(
        self, http: httpx.AsyncClient, who: Talker, method: str, path: str, body: Any = None
    ) -> httpx.Response:
        door = self._chance.choice(who.doors)
        headers = {"authorization": f"Bearer {who.token}"}
        return await http.request(method, f"http://{door}{path}", json=body, headers=headers)


def gathered(host: Kith, others: Sequence[Kith], number: int) -> str:
    """A group with all of them in it; its id."""
    asked = {
        "clientGroupId": f"{number}", "title": f"Group {number}",
        "memberIds": [kith.member_id for kith in others],
    }  # fmt: skip
    group: str = host.post_when_known("/v1/groups", asked)["id"]
    for kith in others:
        kith.put(f"/v1/conversations/{group}/acceptance")
    return group


def moved(messages: Sequence[Mapping[str, Any]]) -> set[str]:
    """What kinds of things happened to a group."""
    return {one["notice"]["kind"] for one in messages if "notice" in one}
