"""That a history is being brought in: one small document for each stream that brings something, so
that the audit log is told of it in a write (ADR 31). Who does it stands in that event alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from common import outbox
from common.clock import epoch_millis
from common.mongo import ASCENDING, Collection, DuplicateKeyError, IndexModel
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit

from messaging.application.bring_in import Import

COLLECTION = "imports"
CHANGE_TOPIC = "messaging.change.v1"
IMPORT_MESSAGES = "/kith.messaging.v1.MessageService/ImportMessages"
KEPT = timedelta(days=400)
INDEXES = [
    outbox.INDEX,
    IndexModel(
        [("begun_at", ASCENDING)], name="expired", expireAfterSeconds=round(KEPT.total_seconds())
    ),
]


class MongoImports:
    """Implements bring_in.Imports; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def begin(self, begun: Import) -> None:
        """See bring_in.Imports."""
        document = {"_id": begun.id, "source": begun.source, "begun_at": begun.at}
        event = self._event(begun)
        try:
            await self._collection.insert_one({**document, **outbox.fields([event])})
        except DuplicateKeyError:  # a try before succeeded and only its answer was lost
            return
        finally:  # also when nobody knows whether it was stored
            self._wake()

    def _event(self, begun: Import) -> Outgoing:
        """It is about the network and nobody in it."""
        network_id = self._collection.network_id
        seconds, millis = divmod(epoch_millis(begun.at), 1000)
        event = audit.ChangeRecorded(
            network_id=str(network_id), actor_id=str(begun.by), action=IMPORT_MESSAGES,
            occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
        )  # fmt: skip
        return Outgoing(event, CHANGE_TOPIC, network_id, 1)
