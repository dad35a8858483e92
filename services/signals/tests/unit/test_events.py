"""Every event signals writes, as published, against its golden file; and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from common.errors import Invalid
from google.protobuf.json_format import MessageToDict, MessageToJson, ParseDict
from google.protobuf.message import Message
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as signals_pb
from signals.adapters.events import to_cleared, to_events, to_update
from signals.adapters.records import read
from signals.application.fold import Fold, Touched
from signals.application.ports import Cleared
from signals.domain.codec import from_numbers, to_numbers

from services.signals.tests.builders import (
    DAY,
    NETWORK,
    PARAMETERS,
    START,
    WITHDRAWAL,
    Record,
    a_log,
    a_record,
    an_event,
)

GOLDEN = Path(__file__).parent.parent / "golden"
ADA = UUID("01900000-0000-7000-8000-00000000000a")
ACTED = a_log(
    ADA, (pb.ACTIVITY_KIND_SESSION, 1), (pb.ACTIVITY_KIND_ASK, 1.1),
    (pb.ACTIVITY_KIND_MESSAGE_SENT, 2), (pb.ACTIVITY_KIND_CHECK_IN, 3, 1),
    (pb.ACTIVITY_KIND_SURVEY_SCORE, 4, 7), (pb.ACTIVITY_KIND_COMMENT, 9),
)  # fmt: skip
WITHDREW = a_record(an_event(ADA, WITHDRAWAL, START + 10 * DAY), 7)


def touched(*log: Record) -> Touched:
    fold = Fold(lambda member_id: None, PARAMETERS)
    for record in log:
        found = read(record)
        assert found is not None
        fold.take(*found, record.partition, record.offset)
    (only,) = fold.touched()
    return only


def rounded(event: Message) -> Message:
    """Without the last digits, which another mathematical library may give otherwise."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return round(value, 6) if isinstance(value, float) else value

    return ParseDict(plain(MessageToDict(event)), type(event)())


def golden_events() -> dict[str, Message]:
    updated, cleared = touched(*ACTED), touched(*ACTED, WITHDREW)
    return {
        "member_signal_updated": rounded(next(to_events(updated, PARAMETERS)).event),
        "member_signal_cleared": next(to_events(cleared, PARAMETERS)).event,
    }


@pytest.mark.parametrize("name", golden_events())
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    event = golden_events()[name]
    golden(GOLDEN / f"{name}.json", (MessageToJson(event) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", event.SerializeToString(deterministic=True))
    assert type(event).FromString((GOLDEN / f"{name}.bin").read_bytes()) == event


def test_the_state_crosses_the_wire_to_the_last_bit() -> None:
    sent = touched(*ACTED)
    (told,) = to_events(sent, PARAMETERS)
    assert isinstance(told.event, signals_pb.MemberSignalUpdated)
    wire = signals_pb.MemberSignalUpdated.FromString(told.event.SerializeToString())
    update = to_update(wire)
    assert update.network_id == NETWORK
    assert update.row.state == from_numbers(to_numbers(sent.state))
    assert list(update.closed) == sent.closed
    assert len(sent.closed) > 2


def test_a_withdrawal_is_told_alone_and_with_its_offset() -> None:
    (told,) = to_events(touched(*ACTED, WITHDREW), PARAMETERS)
    assert isinstance(told.event, signals_pb.MemberSignalCleared)
    assert to_cleared(told.event) == Cleared(NETWORK, ADA, 7)


@pytest.mark.parametrize("numbers", [[], [0.0] * 100, [1.0] * 103])
def test_a_state_this_release_cannot_read_is_refused(numbers: list[float]) -> None:
    event = signals_pb.MemberSignalUpdated(
        network_id=str(NETWORK), member_id=str(ADA), state=numbers
    )
    with pytest.raises(Invalid):
        to_update(event)


def test_ids_that_are_none_are_refused() -> None:
    with pytest.raises(Invalid):
        to_cleared(signals_pb.MemberSignalCleared(network_id=str(NETWORK), member_id="ada"))
