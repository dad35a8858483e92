"""Erasures from outside the request: the clock that drives them, and the receipts that come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from common import log
from common.clock import Clock
from common.errors import Invalid, Unavailable
from common.kafka_consumer import Handlers, Meta
from common.mongo import is_away
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from erasure.events import from_event
from kith.erasure.events.v1 import erasure_events_pb2 as pb

from identity.application.advance_erasure import Advance
from identity.application.ports import Due

logger = log.get(__name__)
GROUP = "identity.erasure.v1"
AT_ONCE = 100


async def drive(advance: Advance, due: Due, clock: Clock, every: float) -> None:
    """Do what is due, for ever, looking every `every` seconds; a database that is away is waited
    for. Any other error ends the process."""
    while True:
        try:
            for erasure in await due.due(clock.now(), AT_ONCE):
                await advance.step(erasure)
        except Exception as error:
            if not (isinstance(error, Unavailable) or is_away(error)):
                raise
            logger.warning("erasure.waits", error=type(error).__name__)
        await asyncio.sleep(every)


def handlers(advance: Advance, keys: Mapping[str, Ed25519PublicKey]) -> Handlers:
    """What to do with receipts. A handler raises Invalid for one that nobody signed."""

    async def on_receipt(event: pb.ErasureReceipt, meta: Meta) -> None:
        receipt = from_event(event)
        if not receipt.is_of(keys):
            raise Invalid("a receipt without the signature of its service", field="signature")
        await advance.take(receipt)

    return {pb.ErasureReceipt: on_receipt}
