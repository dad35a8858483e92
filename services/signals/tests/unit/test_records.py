"""What is taken from the activity topic, and what is refused there for good."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from google.protobuf.message import DecodeError
from kith.activity.events.v1 import activity_events_pb2 as pb
from signals.adapters.events import CLOCK_SKEW
from signals.adapters.records import read
from signals.domain.activity import Activity, ActivityKind

from services.signals.tests.builders import DAY, NETWORK, START, a_record, an_event, head

ADA, BEA = UUID(int=1), UUID(int=2)


def test_an_activity_is_read_with_all_it_says() -> None:
    event_id = new_id()
    event = an_event(
        ADA, pb.ACTIVITY_KIND_REPLY_RECEIVED, peer_id=str(BEA), subject_id=str(BEA),
        reply_latency_ms=0, imported=True,
    )  # fmt: skip
    found = read(a_record(event, headers=head(event_id)))
    assert found == (
        str(ADA), str(NETWORK),
        Activity(str(event_id), ActivityKind.REPLY_RECEIVED, START, str(BEA), 0, None, False, True),
    )  # fmt: skip


@pytest.mark.parametrize("kind", pb.ActivityKind.values()[1:])
def test_every_kind_of_the_contract_is_known(kind: Any) -> None:
    found = read(a_record(an_event(ADA, kind, value=4)))
    assert found is not None
    assert found.activity.kind == kind


def test_what_is_not_said_is_none_and_not_zero() -> None:
    found = read(a_record(an_event(ADA)))
    assert found is not None
    assert (found.activity.peer_id, found.activity.reply_latency_ms, found.activity.value) == (
        None, None, None,
    )  # fmt: skip


def test_another_type_of_event_is_passed_over() -> None:
    other = [("ce_type", b"kith.activity.events.v2.ActivityRecorded"), ("ce_id", b"1")]
    assert read(a_record(an_event(ADA), headers=other)) is None


GOOD = an_event(ADA)
REFUSED = {
    "no value": a_record(GOOD, value=None),
    "no key": a_record(GOOD, key=None),
    "the key of somebody else": a_record(GOOD, key=str(BEA).encode()),
    "no headers": a_record(GOOD, headers=[]),
    "a type without a value": a_record(GOOD, headers=[("ce_type", None)]),
    "no event id": a_record(GOOD, headers=[one for one in head() if one[0] != "ce_id"]),
    "a member that is no UUID": a_record(pb.ActivityRecorded(member_id="ada"), key=b"ada"),
    "no network": a_record(pb.ActivityRecorded(member_id=str(ADA))),
    "no kind": a_record(an_event(ADA, pb.ACTIVITY_KIND_UNSPECIFIED)),
    "a kind of a later release": a_record(an_event(ADA, 99)),  # type: ignore[arg-type]  # on purpose
    "no time": a_record(an_event(ADA, at=0)),
    "a time before 1970": a_record(an_event(ADA, at=-DAY)),
    "a check-in beyond the scale": a_record(an_event(ADA, pb.ACTIVITY_KIND_CHECK_IN, value=5)),
    "a survey without a score": a_record(an_event(ADA, pb.ACTIVITY_KIND_SURVEY_SCORE)),
    "an answer before the question": a_record(an_event(ADA, reply_latency_ms=-1)),
    "a time after it was recorded": a_record(GOOD, timestamp=START - CLOCK_SKEW - 1),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_record_is_refused_that_has(why: str) -> None:
    with pytest.raises(Invalid):
        read(REFUSED[why])


def test_bytes_that_are_no_event_are_refused() -> None:
    with pytest.raises(DecodeError):
        read(a_record(GOOD, value=b"\xff\xff\xff"))


def test_headers_that_are_no_text_do_no_harm() -> None:
    broken = [("ce_id", b"\xff\xfe"), *(one for one in head() if one[0] != "ce_id")]
    assert read(a_record(GOOD, headers=broken)) is not None
    with pytest.raises(Invalid):
        read(a_record(GOOD, headers=[("ce_type", b"\xff"), ("ce_type", b"")]))


def test_clocks_that_differ_a_little_are_borne_with() -> None:
    assert read(a_record(GOOD, timestamp=START - CLOCK_SKEW)) is not None
