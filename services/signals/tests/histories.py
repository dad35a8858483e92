"""Made-up histories of many members, and how they get into the log."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.kafka_producer import Producer
from common.kafka_producer import Record as Sent
from kith.activity.events.v1 import activity_events_pb2 as pb

from services.signals.tests.builders import (
    ACTIVITY,
    CONSENT,
    DAY,
    HOUR,
    START,
    WITHDRAWAL,
    an_event,
    head,
)


@dataclass(frozen=True, slots=True)
class Told:
    """An activity to be published, and its id."""

    event: pb.ActivityRecorded
    id: UUID

    @property
    def record(self) -> Sent:
        return Sent(
            ACTIVITY, self.event.member_id, self.event.SerializeToString(), head(self.id)
        )  # fmt: skip


async def feed(producer: Producer, told: Sequence[Told], chunk: int = 200) -> None:
    """Publish, a few at a time, in order."""
    for first in range(0, len(told), chunk):
        sent = await producer.send_all([one.record for one in told[first : first + chunk]])
        assert not any(sent)


_USUAL = {
    pb.ACTIVITY_KIND_MESSAGE_SENT: 50, pb.ACTIVITY_KIND_REPLY_RECEIVED: 30,
    pb.ACTIVITY_KIND_SESSION: 10, pb.ACTIVITY_KIND_ASK: 5, pb.ACTIVITY_KIND_OFFER: 3,
    pb.ACTIVITY_KIND_COMMENT: 8, pb.ACTIVITY_KIND_REACTION: 8, pb.ACTIVITY_KIND_CHECK_IN: 4,
    pb.ACTIVITY_KIND_SURVEY_SCORE: 2, pb.ACTIVITY_KIND_POST_ANSWERED: 3,
    pb.ACTIVITY_KIND_ENROLLED: 1, CONSENT: 0.3, WITHDRAWAL: 0.3,
}  # fmt: skip


def a_history(chance: random.Random, members: Sequence[UUID], count: int, network_id: UUID,
              ) -> list[Told]:  # fmt: skip
    """What they did within half a year; some change their minds, some events are told twice."""
    told = [Told(an_event(member, CONSENT, START, network_id), _id(chance)) for member in members]
    at = START
    for _ in range(count):
        at += round(chance.expovariate(1) * 180 * DAY / count)
        (kind,) = chance.choices(list(_USUAL), list(_USUAL.values()))
        event = an_event(chance.choice(members), kind, at, network_id, **_details(chance, kind))
        told.append(Told(event, _id(chance)))
        if chance.random() < 0.05:
            told.append(chance.choice(told[-20:]))
    return told


def _details(chance: random.Random, kind: pb.ActivityKind.ValueType) -> dict[str, Any]:
    if kind == pb.ACTIVITY_KIND_CHECK_IN:
        return {"value": chance.randrange(5)}
    if kind in (CONSENT, WITHDRAWAL):
        return {"consent_version": chance.randrange(1, 4)}
    if kind == pb.ACTIVITY_KIND_SURVEY_SCORE:
        return {"value": chance.randrange(3, 10)}
    if kind == pb.ACTIVITY_KIND_MESSAGE_SENT:
        return {"opens_turn": chance.random() < 0.5}
    if kind in (pb.ACTIVITY_KIND_REPLY_RECEIVED, pb.ACTIVITY_KIND_POST_ANSWERED):
        return {"reply_latency_ms": chance.randrange(60 * HOUR)}
    return {}


def _id(chance: random.Random) -> UUID:
    return UUID(int=START << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(60))
