"""Argon2id beside the event loop: the C code releases the interpreter lock, so a few threads
hash while the loop serves, and no more than a few at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from common.errors import Limited

from identity.telemetry import PASSWORD_SECONDS

T = TypeVar("T")
WAITING_PER_WORKER = 100


class Argon2Passwords:
    """Implements ports.Passwords."""

    def __init__(self, hasher: PasswordHasher, pool: ThreadPoolExecutor, limit: int) -> None:
        self._hasher = hasher
        self._pool = pool
        self._limit = limit
        self._waiting = 0
        self._nobody = hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """See ports.Passwords."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """See ports.Passwords."""
        matches = await self._run(lambda: self._matches(password, hashed or self._nobody))
        return matches and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """See ports.Passwords."""
        return self._hasher.check_needs_rehash(hashed)

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._limit:
            raise Limited("too many people sign in at once; try again in a few seconds")
        self._waiting += 1
        try:
            with PASSWORD_SECONDS.time():
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


@asynccontextmanager
async def start(
    *, memory_kib: int, passes: int, lanes: int, workers: int
) -> AsyncIterator[Argon2Passwords]:
    """Passwords with `workers` threads, until the block ends."""
    hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
    with ThreadPoolExecutor(workers, thread_name_prefix="argon2") as pool:
        yield Argon2Passwords(hasher, pool, workers * WAITING_PER_WORKER)
