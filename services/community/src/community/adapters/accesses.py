"""Telling the audit log who is shown whose cases, before they are."""

from __future__ import annotations

from aiokafka.errors import KafkaError
from common import auth
from common.clock import Clock, epoch_millis
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.telemetry import current_traceparent
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as events
from policy.authorize import shown

ACCESS_TOPIC = "community.access.v1"
SOURCE = "/community"


class Accesses:
    """Publishes looks at others' cases; one that cannot be published does not happen."""

    def __init__(self, producer: Producer, clock: Clock) -> None:
        self._producer = producer
        self._clock = clock

    async def record(self, access: auth.Access) -> None:
        """Return when the log has it. Raises Unavailable."""
        subjects = shown(access)
        if not subjects:
            return
        network_id = str(access.caller.network_id)
        seconds, millis = divmod(epoch_millis(self._clock.now()), 1000)
        event = events.AccessRecorded(
            network_id=network_id, actor_id=str(access.caller.subject),
            subject_ids=map(str, subjects), action=access.method,
            occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
        )  # fmt: skip
        made = headers(
            id=new_id(), type=event.DESCRIPTOR.full_name, source=SOURCE, sequence=0,
            traceparent=current_traceparent(),
        )  # fmt: skip
        try:
            sent = await self._producer.send(
                ACCESS_TOPIC, key=network_id, value=event.SerializeToString(), headers=made
            )
            await sent
        except KafkaError as error:
            raise Unavailable("what you look at cannot be recorded now; try again") from error
