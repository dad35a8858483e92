"""Where the push consumer's dead letters go: nowhere."""

from __future__ import annotations

import asyncio
from typing import Any

from common.kafka_producer import Headers, Producer


class Nowhere(Producer):
    """Accepts records and forgets them.

    An event that this gateway cannot read is every consumer's to set aside; a gateway's own group
    lives only as long as its process, and so would its dead letters.
    """

    async def send(
        self, topic: str, *, key: str, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Any]:
        """See Producer.send."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done
