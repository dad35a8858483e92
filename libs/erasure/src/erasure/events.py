"""Receipts on the wire."""

from __future__ import annotations

from common.clock import epoch_millis, from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.erasure.events.v1 import erasure_events_pb2 as pb

from erasure.receipts import Count, Receipt


def topic_of(service: str) -> str:
    """Where a service publishes its receipts; also the name of its consumer group for erasures."""
    return f"{service}.erasure.v1"


def to_event(receipt: Receipt) -> pb.ErasureReceipt:
    """The event of a receipt."""
    seconds, millis = divmod(epoch_millis(receipt.erased_at), 1000)
    return pb.ErasureReceipt(
        network_id=str(receipt.network_id), erasure_id=str(receipt.erasure_id),
        service=receipt.service, signature=receipt.signature,
        erase_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
        kinds=[
            pb.ErasedKind(
                kind=kind, removed_count=count.removed, anonymised_count=count.anonymised
            )
            for kind, count in sorted(receipt.counts.items())
        ],
    )  # fmt: skip


def from_event(event: pb.ErasureReceipt) -> Receipt:
    """The receipt in an event. Raises Invalid."""
    time = event.erase_time
    try:
        erased_at = from_epoch_millis(time.seconds * 1000 + time.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        raise Invalid("erase_time is not a time", field="erase_time") from None
    counts = {item.kind: Count(item.removed_count, item.anonymised_count) for item in event.kinds}
    return Receipt(
        parse_id(event.network_id, "network_id"), parse_id(event.erasure_id, "erasure_id"),
        event.service, counts, erased_at, event.signature,
    )  # fmt: skip
