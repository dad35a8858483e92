"""Argon2id beside the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from common.errors import Limited
from identity.adapters import passwords
from identity.adapters.passwords import Argon2Passwords

CHEAP = {"memory_kib": 8, "passes": 1, "lanes": 1, "workers": 2}


async def test_a_hash_is_salted_argon2id_and_verifies_its_password_only() -> None:
    async with passwords.start(**CHEAP) as ours:
        one, other = await ours.hash("a password"), await ours.hash("a password")
        assert one != other
        assert extract_parameters(one).type is Type.ID
        assert await ours.verify("a password", one)
        assert not await ours.verify("another password", one)
        assert not ours.outdated(one)


async def test_nobody_has_no_password() -> None:
    async with passwords.start(**CHEAP) as ours:
        assert not await ours.verify("a password", None)
        assert not await ours.verify("a password", "no hash")


async def test_other_settings_make_a_hash_outdated() -> None:
    async with passwords.start(**CHEAP) as before, passwords.start(**{**CHEAP, "passes": 2}) as now:
        old = await before.hash("a password")
        assert now.outdated(old)
        assert await now.verify("a password", old)


async def test_who_comes_when_too_many_wait_is_sent_away_and_the_loop_turns_meanwhile() -> None:
    go = Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            if password == "held":
                go.wait(10)
            return super().hash(password, salt=salt)

    with ThreadPoolExecutor(1) as pool:
        ours = Argon2Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1), pool, limit=2)
        waiting = [asyncio.create_task(ours.hash("held")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Limited):
            await ours.hash("one too many")
        go.set()
        assert len(await asyncio.gather(*waiting)) == 2
        assert await ours.hash("one more")
