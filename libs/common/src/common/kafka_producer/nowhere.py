"""Where the dead letters of a group go that lives only as long as its process: nowhere."""

from __future__ import annotations

import asyncio
from typing import Any

from common.kafka_producer import Headers, Producer


class Nowhere(Producer):
    """Accepts records and forgets them: so would their topic be, with the group."""

    async def send(
        self, topic: str, *, key: str, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Any]:
        """See Producer.send."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done
