"""Rounds of a relay: one after the other, failures waited out, and a last one at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError
from prometheus_client import Counter
from pymongo.errors import PyMongoError

from common import log

logger = log.get(__name__)
LEAVE_SECONDS = 5.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
_FAILED = Counter("kith_outbox_failed_total", "Relay rounds that failed and are repeated.")


class Rounds:
    """Does a round, rests, and so on."""

    def __init__(
        self, once: Callable[[], Awaitable[object]], rest: Callable[[], Awaitable[None]],
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        """`wake` ends a rest."""
        self._once = once
        self._rest = rest
        self._wake = wake
        self._failures = 0
        self._ending = False

    async def run(self) -> None:
        """Go on until cancelled; failures of broker or database are waited out.

        Cancelled, it ends its round and does a last one, for a moment: others would leave to this
        instance what is in hand.
        """
        going = asyncio.create_task(self._go())
        try:
            await asyncio.shield(going)
        finally:
            self._ending = True
            self._wake()
            await asyncio.wait([going], timeout=0 if self._failures else LEAVE_SECONDS)
            going.cancel()
            await asyncio.wait([going])

    async def _go(self) -> None:
        last = False
        while not last:
            last = self._ending
            try:
                await self._once()
                self._failures = 0
                if not last:
                    await self._rest()
            except (KafkaError, PyMongoError, OSError) as error:
                self._failures += 1
                await asyncio.sleep(_failed(error, self._failures))


def _failed(error: Exception, failures: int) -> float:
    """Note a round that failed, the so-manieth in a row; the seconds to wait."""
    delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
    _FAILED.inc()
    logger.warning("outbox.relay_failed", error=type(error).__name__, retry_in=delay)
    return delay
