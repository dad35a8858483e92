"""The events identity listens to for the audit log: what other services showed of members, and what
was done because of a role, told in the write that did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from common.clock import from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from kith.audit.events.v1 import audit_events_pb2 as events

from identity.application.ports import Audit
from identity.domain.audit import Entry

Recorded = events.AccessRecorded | events.ChangeRecorded
GROUP = "identity.audit.v1"
TOPICS = (
    "signals.access.v1", "identity.change.v1", "community.change.v1", "programs.change.v1",
    "community.access.v1", "messaging.change.v1",
)  # fmt: skip


def handlers(audit_of: Callable[[UUID], Audit]) -> Handlers:
    """What to do with which event. A handler raises Invalid for what cannot be an access."""

    async def on_access_recorded(event: events.AccessRecorded, meta: Meta) -> None:
        await keep(event, event.subject_ids, meta)

    async def on_change_recorded(event: events.ChangeRecorded, meta: Meta) -> None:
        await keep(event, [event.subject_id] if event.subject_id else [], meta)

    async def keep(event: Recorded, subject_ids: Sequence[str], meta: Meta) -> None:
        of_nobody = isinstance(event, events.AccessRecorded) and not subject_ids
        if not event.action or of_nobody:
            raise Invalid("an entry without an action, or about nobody")
        at = event.occur_time
        entry = Entry(
            id=parse_id(meta.id, "ce_id"),
            network_id=parse_id(event.network_id, "network_id"),
            actor_id=parse_id(event.actor_id, "actor_id"),
            action=event.action,
            subject_ids=tuple(parse_id(id, "subject_ids") for id in subject_ids),
            at=from_epoch_millis(at.seconds * 1000 + at.nanos // 1_000_000),
        )
        await audit_of(entry.network_id).append(entry)

    return {
        events.AccessRecorded: on_access_recorded,
        events.ChangeRecorded: on_change_recorded,
    }
